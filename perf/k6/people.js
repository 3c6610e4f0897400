// What a virtual user does to Natalis. One thing an iteration; the names are those of the budget file's endpoints.
import http from 'k6/http';
import exec from 'k6/execution';
import { check } from 'k6';

const BASE = __ENV.BASE_URL || 'http://127.0.0.1:3000';
const TOKEN = __ENV.NATALIS_TOKEN;
const PEOPLE = 100; // made in setup, to be read
const ZONES = ['Europe/Paris', 'America/New_York', 'Asia/Tokyo', 'Pacific/Auckland', 'America/Sao_Paulo', 'Asia/Kolkata'];

// The stage of a ramp that is under way, from 1, as a tag: thresholds such as http_req_duration{stage:4} ask for it.
function tagStage() {
  const stages = exec.test.options.scenarios[exec.scenario.name].stages || [];
  let left = Date.now() - exec.scenario.startTime;
  const index = stages.findIndex((stage) => (left -= milliseconds(stage.duration)) < 0);
  if (stages.length > 0) exec.vu.metrics.tags.stage = String(index < 0 ? stages.length : index + 1);
}

function milliseconds(duration) {
  if (typeof duration === 'number') return duration;
  const units = { h: 3600000, m: 60000, s: 1000, ms: 1 };
  return [...duration.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)].reduce((sum, [, n, unit]) => sum + Number(n) * units[unit], 0);
}

function told(name) {
  const headers = { 'Content-Type': 'application/json' };
  if (TOKEN) headers.Authorization = `Bearer ${TOKEN}`;
  return { headers, tags: { name } };
}

function person(birthday) {
  const unique = `${exec.scenario.name}-${exec.vu.idInTest}-${exec.vu.iterationInInstance}-${Date.now()}`;
  return {
    firstName: 'Load',
    lastName: 'Test',
    email: `${unique}@load.example.org`,
    birthdayDate: birthday || '1990-06-15',
    timezone: ZONES[exec.vu.idInTest % ZONES.length],
  };
}

function createUser(birthday) {
  const response = http.post(`${BASE}/user`, JSON.stringify(person(birthday)), told('create user'));
  check(response, { 'user is created': (r) => r.status === 201 });
  return response.status === 201 ? response.json('id') : null;
}

export function setup() {
  const ids = [];
  for (let number = 0; number < PEOPLE; number += 1) {
    const body = { ...person(), email: `setup-${number}-${Date.now()}@load.example.org` };
    const response = http.post(`${BASE}/user`, JSON.stringify(body), told('create user'));
    if (response.status !== 201) throw new Error(`setup: ${response.status} ${response.body}`);
    ids.push(response.json('id'));
  }
  return { ids };
}

export function teardown(data) {
  data.ids.forEach((id) => http.del(`${BASE}/user/${id}`, null, told('delete user')));
}

export function create() {
  tagStage();
  createUser();
}

export function due() {
  tagStage();
  const today = new Date();
  createUser(`1992-${String(today.getUTCMonth() + 1).padStart(2, '0')}-${String(today.getUTCDate()).padStart(2, '0')}`);
}

export function read(data) {
  tagStage();
  const id = data.ids[Math.floor(Math.random() * data.ids.length)];
  const response = http.get(`${BASE}/user/${id}`, told('read user'));
  check(response, { 'user is read': (r) => r.status === 200 });
}

export function remove() {
  tagStage();
  const id = createUser();
  if (id === null) return;
  const response = http.del(`${BASE}/user/${id}`, null, told('delete user'));
  check(response, { 'user is deleted': (r) => r.status === 204 });
}

export function mixed(data) {
  const drawn = Math.random();
  if (drawn < 0.3) create();
  else if (drawn < 0.8) read(data);
  else remove();
}
