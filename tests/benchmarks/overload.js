// Calls of Allocate in phases, and beside them health checks on a connection of their own.
//
// ADDRESS is the server's, PROTOS the folders of the contract (":" between them), REQUEST a file with the request as
// JSON, PHASES a list: {"name", "startSeconds", "seconds", and "callers" that wait for each answer, or a "rate" a second
// that waits for nothing}.
import grpc from 'k6/net/grpc';
import { Trend } from 'k6/metrics';

const phases = JSON.parse(__ENV.PHASES);
const request = JSON.parse(open(__ENV.REQUEST));
const seconds = Math.max(...phases.map((phase) => phase.startSeconds + phase.seconds));
const calls = new Trend('call', true);
const checks = new Trend('check', true);
const allocation = new grpc.Client();
allocation.load(__ENV.PROTOS.split(':'), 'counterpoise/v1/allocation_service.proto');
const health = new grpc.Client();
// Of each virtual user, which has a connection of its own.
let connected = false;

export const options = {
  scenarios: Object.fromEntries([...phases.map((phase) => [phase.name, scenario(phase)]), ['health', probe()]]),
};

function scenario(phase) {
  const timing = { exec: 'call', startTime: `${phase.startSeconds}s`, duration: `${phase.seconds}s`, gracefulStop: '30s' };
  if (phase.callers) return { ...timing, executor: 'constant-vus', vus: phase.callers };
  const users = { preAllocatedVUs: 48, maxVUs: 96 };
  return { ...timing, ...users, executor: 'constant-arrival-rate', rate: phase.rate, timeUnit: '1s' };
}

function probe() {
  const users = { preAllocatedVUs: 2, maxVUs: 8 };
  return { exec: 'check', ...users, executor: 'constant-arrival-rate', rate: 20, timeUnit: '1s', duration: `${seconds}s` };
}

function connect(client, options) {
  if (!connected) client.connect(__ENV.ADDRESS, { plaintext: true, ...options });
  connected = true;
}

export function call() {
  connect(allocation, {});
  const start = Date.now();
  const answer = allocation.invoke('counterpoise.v1.AllocationService/Allocate', request, {
    discardResponseMessage: true,
    timeout: '30s',
  });
  const took = Date.now() - start;
  const details = answer.error ? answer.error.details || [] : [];
  const invited = details.some((detail) => detail['@type'].endsWith('google.rpc.RetryInfo'));
  calls.add(took, { code: `${answer.status}`, invited: `${invited}`, start: `${start}` });
}

export function check() {
  connect(health, { reflect: true });
  const start = Date.now();
  const answer = health.invoke('grpc.health.v1.Health/Check', {}, { timeout: '10s' });
  checks.add(Date.now() - start, { code: `${answer.status}`, invited: 'false', start: `${start}` });
}
