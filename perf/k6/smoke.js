// Does it stand at all? Five users for a minute.
export { setup, teardown, mixed } from './people.js';

export const options = JSON.parse(open('./plan.json'))['smoke'];
