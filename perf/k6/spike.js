// A crowd within ten seconds, three times larger each; and does it recover in between?
export { setup, teardown, mixed } from './people.js';

export const options = JSON.parse(open('./plan.json'))['spike'];
