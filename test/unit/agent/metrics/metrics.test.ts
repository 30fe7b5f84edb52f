import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createMetrics } from '../../../../lib/agent/metrics/metrics.ts';
import { createEvents } from '../../../../lib/state/events.ts';
import { inTurn } from '../../../../lib/system/in-turn.ts';
import { eventually } from '../../../lab/eventually.ts';
import { expect, test } from '../../../support/temporary.ts';

/** The metrics of a stateDir whose file system answers as long as the test lets it. */
function scraping(stateDir: string, retryMs: number) {
  const over = new AbortController();
  onTestFinished(() => over.abort());
  let release: (() => void) | null = null;
  const hanging = { until: Promise.resolve() };
  const turn = inTurn(stateDir, { limitMs: 300 });
  let calls = 0;
  const { text } = createMetrics({
    ...{ node: 'web1', nodes: ['web1'], targets: ['web1'], stateDir, signal: over.signal, retryMs },
    counts: { tokensExpired: 0, eventsLost: 7 },
    survey: { latest: async () => ({ document: null, trouble: null, isLooking: false, tookMs: null }) },
    followMs: 200,
    turn: async (work, options) =>
      await turn(async () => {
        calls += 1;
        await hanging.until;
        return await work();
      }, options),
  });
  return {
    calls: () => calls,
    hang: () => void (hanging.until = new Promise<void>((resolve) => void (release = resolve))),
    answer: () => release?.(),
    says: async (what: string) =>
      await eventually(text, { until: (said) => said.includes(what), ...{ timeoutMs: 3_000, what } }),
  };
}

const RECEIVED = { event: 'challenge-received', tokens: 1, outcome: 'ok' } as const;

test('a scrape is answered while stateDir hangs, by one call there, and tells so; afterwards nothing is missed', async ({
  directory,
}) => {
  const metrics = scraping(directory, 20);
  const events = createEvents(directory, { node: 'web1', program: 'sync' });
  await events.write(RECEIVED);
  await metrics.says('certbot_ha_events_followed 1\n');
  expect(await metrics.says('certbot_ha_doctor_readable 1\n')).toContain('certbot_ha_events_lost_total 7\n');
  await events.write(RECEIVED);
  await metrics.says('certbot_ha_tokens_received_total 1\n');

  metrics.hang();
  const before = metrics.calls();
  await events.write(RECEIVED);
  expect(await metrics.says('certbot_ha_events_followed 0\n')).toContain(
    'certbot_ha_tokens_received_total 1\n',
  );
  await metrics.says('certbot_ha_doctor_readable 0\n');
  expect(metrics.calls() - before).toBe(1);

  metrics.answer();
  await metrics.says('certbot_ha_tokens_received_total 2\n');
  await metrics.says('certbot_ha_doctor_readable 1\n');
});

test('a log of events that cannot be read is not tried again at the next scrape', async ({ directory }) => {
  const stateDir = join(directory, 'long'.repeat(100));
  const metrics = scraping(stateDir, 60_000);
  await metrics.says('certbot_ha_events_followed 0\n');
  const before = metrics.calls();
  await metrics.says('certbot_ha_events_followed 0\n');
  // Doctor's run alone.
  expect(metrics.calls() - before).toBe(1);
});

test('a damaged record of doctor is not the same as none', async ({ directory }) => {
  const stateDir = join(directory, 'state');
  await mkdir(stateDir);
  await writeFile(join(stateDir, 'doctor.json'), '{"at":');
  const said = await scraping(stateDir, 60_000).says('certbot_ha_events_followed');
  expect(said).toContain('certbot_ha_doctor_readable 0\n');
  expect(said).not.toMatch(/^certbot_ha_doctor_last_run/m);
});
