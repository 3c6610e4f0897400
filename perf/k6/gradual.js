// Up to 1,000 users in ten minutes, to find the knee.
export { setup, teardown, mixed } from './people.js';

export const options = JSON.parse(open('./plan.json'))['gradual'];
