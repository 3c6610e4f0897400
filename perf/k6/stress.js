// Where does it bend? From 100 to 500 users in steps.
export { setup, teardown, mixed } from './people.js';

export const options = JSON.parse(open('./plan.json'))['stress'];
