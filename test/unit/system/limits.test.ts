import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Config } from '../../../lib/cluster/config.ts';
import { transportsOf } from '../../../lib/cluster/abilities.ts';
import { CHECKS } from '../../../lib/doctor/checks.ts';
import type { Context } from '../../../lib/doctor/context.ts';
import { LIMITS } from '../../../lib/system/limits.ts';

const { testMs, reloadMs, askMs, copyMs, roundMs, beginMs, installerMs } = LIMITS;
const { sendMs, startMs, resultMs, turnMs, rollOutMs, toldMs, deletionsMs } = LIMITS;
const textOf = (file: string) => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
const secondsIn = (file: string, pattern: RegExp) =>
  [...textOf(file).matchAll(pattern)].map(([, seconds]) => Number(seconds) * 1000);
const GATE_MS = 60_000;

test.for([
  ['a round has room for a test and a reload', testMs + reloadMs + askMs, roundMs],
  ['a round has room for a test with a lineage and one without', 2 * testMs, roundMs],
  ['a round has room for a deletion whose test passes', testMs + copyMs, roundMs],
  ['what begins in a round has time for two tests', 2 * testMs, beginMs],
  ['the first in a round always begins', beginMs, roundMs],
  ['who needs the lock gets it', roundMs + askMs, installerMs],
  ['a sender waits for the start and for the round', startMs + roundMs + askMs, resultMs],
  ['a node is left to its sender for its turn', sendMs + resultMs, turnMs],
  [
    'a roll-out waits for one turn of another, with its staging and its gate',
    sendMs + turnMs + GATE_MS,
    rollOutMs,
  ],
  ['a roll-out waits for what a sync is told', toldMs + installerMs, rollOutMs],
  [
    'a roll-out waits for the deletions that a sync brings, one silent node among them',
    deletionsMs + 2 * sendMs + resultMs,
    rollOutMs,
  ],
] as const)('%s', ([, needed, given]) => {
  expect(needed).toBeLessThanOrEqual(given);
});

test('a unit is ended by systemd when its program has come to its end itself', () => {
  const unit = 'systemd/certbot-ha-installer.service';
  const [waitMs = 0] = secondsIn(unit, /--wait (\d+)/g);
  const [timeoutMs = 0] = secondsIn(unit, /TimeoutStartSec=(\d+)/g);
  const LOCK_MS = 13_000;
  expect(waitMs).toBe(startMs);
  expect(waitMs + LOCK_MS + roundMs).toBeLessThan(timeoutMs);
});

test.for(['http', 'rsync', 'shared'] as const)(
  'the doctor of each day has written what it found before systemd ends it: %s',
  (kind) => {
    const [timeoutMs = 0] = secondsIn('systemd/certbot-ha-doctor.service', /^TimeoutStartSec=(\d+)/gm);
    const MAX_GATE_MS = 3_600_000;
    const config = { transport: transportsOf(kind), gate: { timeoutMs: MAX_GATE_MS, require: 'all' } };
    const share: Context['share'] = { boundMs: 10_000, measure: async () => await Promise.resolve([]) };
    const context = { cluster: { config: config as unknown as Config }, share };
    const checks = CHECKS.map((check) => check.timeoutMs?.(context as unknown as Context) ?? 0);
    const AROUND_MS = 60_000;
    expect(Math.max(...checks) + AROUND_MS).toBeLessThanOrEqual(timeoutMs);
  },
);

test('an installer that stays has the time of a round when it is stopped', () => {
  const [stopMs = 0] = secondsIn('systemd/certbot-ha-watch.service', /^TimeoutStopSec=(\d+)/gm);
  expect(stopMs).toBeGreaterThan(roundMs);
});

test('the installer that stays may do what the one that is started may', () => {
  const [stays, started] = ['watch', 'installer'].map((unit) =>
    textOf(`systemd/certbot-ha-${unit}.service`).split('\n'),
  );
  const limits = /^(?:Protect|Restrict|Private|ReadWrite|System|NoNew|Lock|Limit|Kill)\w+=/;
  expect(stays?.filter((line) => limits.test(line)).toSorted()).toEqual(
    started?.filter((line) => limits.test(line)).toSorted(),
  );
});

// Programs look at their directories when they start. What hangs later waits for systemd, which sends SIGKILL in the end.
test.for(['installer', 'sync'])(
  '%s: a file server that goes away meanwhile holds it no longer than this',
  (unit) => {
    const file = `systemd/certbot-ha-${unit}.service`;
    const [timeoutMs = 0] = secondsIn(file, /^TimeoutStartSec=(\d+)/gm);
    expect(timeoutMs).toBeGreaterThan(0);
    expect(textOf(file)).not.toMatch(/^(?:SendSIGKILL=no|TimeoutStopSec=infinity)/m);
    const told = new RegExp(`certbot-ha-${unit}.service. after (\\d+) s`, 'g');
    expect(secondsIn('docs/transports/shared.md', told)).toEqual([timeoutMs]);
  },
);

test.for(['installer', 'sync', 'watch'])(
  'a stop of %s reaches the program alone, and not the web server’s test',
  (unit) => {
    expect(textOf(`systemd/certbot-ha-${unit}.service`)).toMatch(/^KillMode=mixed$/m);
  },
);

test.for([
  ['docs/protocol.md', /after (\d+) s; from an inbox/g, resultMs],
  ['docs/protocol.md', /It ends after (\d+) s/g, resultMs],
  ['docs/protocol.md', /for the installer's result +\| (\d+) s/g, resultMs],
  ['docs/protocol.md', /for an installer to begin +\| (\d+) s/g, startMs],
  ['docs/protocol.md', /to stage or activate a bundle +\| (\d+) s/g, sendMs],
  ['docs/hook-contract.md', /does not end within (\d+) s `\[installer-silent\]`/g, resultMs],
  ['docs/hook-contract.md', /does not begin within (\d+) s/g, startMs],
  ['docs/hook-contract.md', /All of it takes (\d+) s at the most/g, roundMs],
  ['docs/configuration.md', /for at most (\d+) seconds each/g, testMs],
  ['docs/troubleshooting.md', /cut off: (\d+) s were over/g, roundMs],
] as const)('%s says %s', ([file, pattern, ms]) => {
  expect(secondsIn(file, pattern)).toEqual([ms]);
});

test('five minutes and three are said in minutes', () => {
  expect(textOf('docs/hook-contract.md')).toContain(`waits for up to ${rollOutMs / 60_000} minutes`);
  expect(textOf('docs/troubleshooting.md')).toContain(`for a roll-out ${rollOutMs / 60_000} minutes`);
  expect(textOf('docs/troubleshooting.md')).toContain(`for \`gate.timeout\` and ${turnMs / 60_000} minutes`);
});
