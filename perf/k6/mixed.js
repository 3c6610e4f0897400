// 30 % create, 50 % read, 20 % delete, at a rate of its own whatever the service does.
export { setup, teardown, mixed } from './people.js';

export const options = JSON.parse(open('./plan.json'))['mixed'];
