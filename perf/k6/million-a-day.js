// A million messages a day - 12 a second sustained, 120 at the peak; each arrival is a person whose day is today.
export { setup, teardown, due } from './people.js';

export const options = JSON.parse(open('./plan.json'))['million-a-day'];
