import type { Challenge } from '../challenge/challenge.ts';
import { lineOf, seconds, type TargetReport, type Verdict } from '../gate/verdict.ts';

/** What an auth hook says where the gate has held. */
export function successLine(challenges: readonly Challenge[], { targets, elapsedMs }: Verdict): string {
  const names = (reports: readonly TargetReport[]) =>
    reports.map(({ target }) => (target.kind === 'vip' ? `vip ${target.address}` : target.name)).join(', ');
  const what = challenges.length === 1 ? challenges[0]?.identifier : `${challenges.length} challenges`;
  const held = targets.filter(({ state }) => state === 'served');
  const missing = targets.filter(({ state }) => state !== 'served' && state !== 'unprobed').map(lineOf);
  const unsent = held.filter((report) => report.unsent !== null).map(lineOf);
  const lacking = unsent.length === 0 ? '' : `; ${unsent.join('; ')}`;
  const without = missing.length === 0 ? '' : `; without ${missing.join('; ')}`;
  return `${what}: served by ${names(held)} after ${seconds(elapsedMs)}${without}${lacking}`;
}
