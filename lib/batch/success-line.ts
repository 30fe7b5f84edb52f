import { isDns, type AnyChallenge } from '../challenge/any-challenge.ts';
import { recordOf } from '../challenge/dns-01.ts';
import { hostOf, type Target } from '../cluster/target.ts';
import { lineOf, seconds, type TargetReport, type Verdict } from '../gate/verdict.ts';

/** What an auth hook says where the gate has held. */
export function successLine(challenges: readonly AnyChallenge[], { targets, elapsedMs }: Verdict): string {
  // A name server of several zones is several targets.
  const names = (reports: readonly TargetReport[]) =>
    [...new Set(reports.map(({ target }) => nameOf(target)))].join(', ');
  const [first] = challenges;
  const one = first && isDns(first) ? recordOf(first).name : first?.identifier;
  const what =
    challenges.length === 1
      ? one
      : `${challenges.length} ${first && isDns(first) ? 'TXT records' : 'challenges'}`;
  const held = targets.filter(({ state }) => state === 'served');
  const missing = targets.filter(({ state }) => state !== 'served' && state !== 'unprobed').map(lineOf);
  // A node that is not looked at is of no interest here; a name server's address may be the one that the CA asks.
  const unasked = targets.filter(
    ({ target, state }) => state === 'unprobed' && target.kind === 'name-server',
  );
  const unsent = held.filter((report) => report.unsent !== null).map(lineOf);
  const lacking = unsent.length === 0 ? '' : `; ${unsent.join('; ')}`;
  const without = missing.length === 0 ? '' : `; without ${missing.join('; ')}`;
  const but = unasked.length === 0 ? '' : `; not asked: ${names(unasked)}`;
  return `${what}: served by ${names(held)} after ${seconds(elapsedMs)}${without}${but}${lacking}`;
}

/** A name server has several addresses. */
function nameOf(target: Target): string {
  return target.kind === 'node' ? target.name : hostOf(target);
}
