// 500 users for two hours, for what leaks.
export { setup, teardown, mixed } from './people.js';

export const options = JSON.parse(open('./plan.json'))['soak'];
