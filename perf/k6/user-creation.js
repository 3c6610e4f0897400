// People arrive; 10, 50, 100 held, 200 at the peak.
export { setup, teardown, create } from './people.js';

export const options = JSON.parse(open('./plan.json'))['user-creation'];
