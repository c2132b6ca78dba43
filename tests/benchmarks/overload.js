// Calls at a rate that does not wait for answers, and beside them health checks from a connection of their own.
// Phases come as JSON in PHASES: [{"name", "startSeconds", "seconds", and "rate" (a second) or "callers"}].
import grpc from 'k6/net/grpc';
import { Trend } from 'k6/metrics';

const phases = JSON.parse(__ENV.PHASES);
const request = JSON.parse(open(__ENV.REQUEST));
const metadata = { 'x-counterpoise-tenant': 'k6' };
const calls = new Trend('call', true);
const checks = new Trend('check', true);
const allocation = new grpc.Client();
allocation.load(__ENV.PROTOS.split(':'), 'counterpoise/v1/allocation_service.proto');
const health = new grpc.Client();
const last = Math.max(...phases.map((phase) => phase.startSeconds + phase.seconds));

export const options = {
  discardResponseBodies: true,
  scenarios: Object.fromEntries([
    ...phases.map((phase) => [phase.name, scenario(phase)]),
    ['health', { executor: 'constant-arrival-rate', rate: 20, timeUnit: '1s', preAllocatedVUs: 2, maxVUs: 4, duration: `${last}s`, gracefulStop: '1s', exec: 'check' }],
  ]),
};

function scenario(phase) {
  const shared = { exec: 'call', startTime: `${phase.startSeconds}s`, duration: `${phase.seconds}s`, gracefulStop: '10s' };
  if (phase.callers) return { ...shared, executor: 'constant-vus', vus: phase.callers };
  return { ...shared, executor: 'constant-arrival-rate', rate: phase.rate, timeUnit: '1s', preAllocatedVUs: 32, maxVUs: 64 };
}

let connected = false;
export function call() {
  if (!connected) allocation.connect(__ENV.ADDRESS, { plaintext: true });
  connected = true;
  const asked = Date.now();
  const answer = allocation.invoke('counterpoise.v1.AllocationService/Allocate', request, {
    metadata, discardResponseMessage: true, timeout: '30s',
  });
  calls.add(Date.now() - asked, { code: `${answer.status}`, error: JSON.stringify(answer.error || ''), t: JSON.stringify(answer.trailers) });
}

let checking = false;
export function check() {
  if (!checking) health.connect(__ENV.ADDRESS, { plaintext: true, reflect: true });
  checking = true;
  const asked = Date.now();
  const answer = health.invoke('grpc.health.v1.Health/Check', {}, { timeout: '10s' });
  checks.add(Date.now() - asked, { code: `${answer.status}` });
}
