import { expect, it } from 'vitest';
import { addLastSuccesses } from '../../../../lib/agent/metrics/of-history.ts';
import { createRegistry } from '../../../../lib/agent/metrics/registry.ts';

const drill = (at: string) =>
  ({ at, node: 'web1', program: 'drill', event: 'drill', outcome: 'ok' }) as const;

/** Of drills that are noted one after the other, each at a time by the clock. */
async function lastOf(noted: readonly (readonly [clock: string, at: string])[]) {
  const registry = createRegistry();
  let clock = 0;
  const note = addLastSuccesses(registry, () => clock);
  for (const [now, at] of noted) {
    clock = Date.parse(now);
    note(drill(at));
  }
  const [, seconds] =
    /^certbot_ha_drill_last_success_timestamp_seconds (\d+)$/m.exec(await registry.text()) ?? [];
  return seconds === undefined ? null : new Date(Number(seconds) * 1000).toISOString();
}

const MAY = '2026-05-01T00:00:00.000Z';
const JUNE = '2026-06-01T00:00:00.000Z';
const LATER = '2036-01-01T00:00:00.000Z';

it.each([
  ['the newest counts, in whatever order', [[JUNE, JUNE] as const, [JUNE, MAY] as const], JUNE],
  ['one of a clock that was ahead does not', [[JUNE, LATER] as const], null],
  ['nor when the clock has said so itself', [[LATER, LATER] as const, [JUNE, JUNE] as const], JUNE],
])('%s', async (_, noted, expected) => {
  expect(await lastOf(noted)).toBe(expected);
});

it('made-up lineages do not fill Prometheus', async () => {
  const registry = createRegistry();
  const note = addLastSuccesses(registry, () => Date.parse(LATER));
  for (let n = 0; n < 5_000; n += 1) {
    const renewal = { node: 'web1', program: 'deploy', event: 'renewal', outcome: 'ok' } as const;
    note({ at: MAY, ...renewal, lineage: `www${n}.example.test` });
    note({ at: JUNE, ...renewal, lineage: `www${n}.example.test` });
  }
  const series = (await registry.text()).match(/^certbot_ha_renewal_last_success.*$/gm) ?? [];
  expect(series).toHaveLength(2_000);
  expect(series.at(-1)).toContain(String(Date.parse(JUNE) / 1000));
});
