// An ordinary busy day, up to 100 users in two steps, held for ten minutes.
export { setup, teardown, mixed } from './people.js';

export const options = JSON.parse(open('./plan.json'))['load'];
