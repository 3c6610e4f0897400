// Nine in the morning in one zone - everybody looks at once, most of it within the first seconds.
export { setup, teardown, read } from './people.js';

export const options = JSON.parse(open('./plan.json'))['nine-oclock'];
