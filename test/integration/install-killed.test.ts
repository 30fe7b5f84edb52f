// @module-tag slow
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe } from 'vitest';
import { NAME } from '../support/lineage/bundle.ts';
import { bundleFor, expect, HOUR_MS, test, type Generations } from '../support/installer/generations.ts';
import { killedAt, stepsOf } from '../support/installer/kill.ts';
import { certbotCertificates, generationIn } from '../support/installer/looks.ts';
import {
  expectEnded,
  expectWhole,
  forget,
  killIn,
  prepare,
  SCENARIOS,
  type Scenario,
} from '../support/installer/scenarios.ts';

/** With all of them it takes ten minutes; else these are spread evenly. */
const IS_LONG = Boolean(process.env['CERTBOT_HA_TEST_LONG']);
const KILLS_PER_SCENARIO = IS_LONG ? Infinity : 2;
const RANDOM_KILLS = IS_LONG ? 40 : 6;
const SLOW = IS_LONG ? 3_600_000 : 120_000;

function spread(total: number): readonly number[] {
  const stride = Math.max(1, total / KILLS_PER_SCENARIO);
  const first = Math.ceil(stride / 2);
  const steps: number[] = [];
  for (let step = first; step <= total; step += stride) steps.push(Math.floor(step));
  return steps;
}

async function runAgain(
  prepared: Awaited<ReturnType<typeof prepare>>,
  scenario: Scenario,
  issued: Generations,
): Promise<void> {
  await expectWhole(prepared.node, scenario, issued);
  await prepared.node.unlock();
  await prepared.node.install();
  await expectEnded(prepared, scenario, issued);
}

describe('an installer that is killed', () => {
  test.for(SCENARIOS)(
    'at any change in the middle of $name finishes or undoes it at the next start',
    { timeout: SLOW },
    async (scenario, { directory, issued }) => {
      const whole = await prepare(join(directory, 'whole'), scenario, issued);
      await whole.node.install(await killedAt(whole.node, 0));
      await expectEnded(whole, scenario, issued);
      const total = await stepsOf(whole.node);
      expect(total).toBeGreaterThan(50);
      for (const step of spread(total)) {
        const prepared = await prepare(join(directory, `at-${step}`), scenario, issued);
        const { signal } = await prepared.node.install(await killedAt(prepared.node, step));
        expect([step, signal]).toEqual([step, 'SIGKILL']);
        await runAgain(prepared, scenario, issued).catch((error: unknown) => {
          throw new Error(`killed in place of change ${step} of ${total}`, { cause: error });
        });
        await forget(join(directory, `at-${step}`));
      }
    },
  );

  test(
    'at random moments leaves live whole each time and ends well',
    { timeout: SLOW },
    async ({ directory, issued }) => {
      const lengthMs = await timeOfOne(join(directory, 'timed'), issued);
      let killed = 0;
      for (let round = 0; round < RANDOM_KILLS; round += 1) {
        const scenario = SCENARIOS[round % SCENARIOS.length] ?? SCENARIOS[0];
        if (!scenario) throw new Error('no scenario');
        const prepared = await prepare(join(directory, `round-${round}`), scenario, issued);
        const running = prepared.node.startInstall();
        const delayMs = randomInt(Math.ceil(lengthMs * 1.1));
        await Promise.race([sleep(delayMs), running.ended]);
        await running.kill();
        if ((await running.ended).signal === 'SIGKILL') killed += 1;
        await runAgain(prepared, scenario, issued).catch((error: unknown) => {
          throw new Error(`${scenario.name}, killed after ${delayMs} ms`, { cause: error });
        });
        await forget(join(directory, `round-${round}`));
      }
      expect(killed).toBeGreaterThan(RANDOM_KILLS / 4);
    },
  );

  test.for(['test', 'reload'] as const)(
    'by the web server in its %s goes on from there, and certbot takes the result',
    async (verb, { directory, issued }) => {
      const [, scenario] = SCENARIOS;
      if (!scenario) throw new Error('no scenario');
      const prepared = await prepare(join(directory, 'node'), scenario, issued);
      await killIn(prepared.node, verb);
      expect((await prepared.node.install()).signal).toBe('SIGKILL');
      const { configDir } = prepared.node;
      expect(await certbotCertificates(configDir, directory)).toMatch(
        /Certificate Name: www\.example\.test[^]*exit 0/,
      );
      await runAgain(prepared, scenario, issued);
      expect(await prepared.node.verbs()).toEqual(
        verb === 'test' ? ['test', 'test', 'reload'] : ['test', 'reload', 'reload'],
      );
      expect(await certbotCertificates(configDir, directory)).toMatch(
        /Certificate Name: www\.example\.test[^]*exit 0/,
      );
    },
  );

  test('after the test of a clash does not go back to what may be gone, though the test fails now', async ({
    directory,
    issued,
  }) => {
    const scenario = SCENARIOS.find(({ name }) => name === 'a clash of numbers');
    if (!scenario) throw new Error('no scenario');
    const prepared = await prepare(join(directory, 'node'), scenario, issued);
    await killIn(prepared.node, 'reload');
    await prepared.node.install();
    await prepared.node.refuse(issued.next.certificate, 'nginx: something else is broken by now');
    await runAgain(prepared, scenario, issued);
  });

  test('before a newer bundle came has the older one out of the way first', async ({
    directory,
    issued,
    ca,
  }) => {
    const { node, bundle } = await killedInTest(directory, issued);
    const newest = await ca.issue([NAME], { notBefore: new Date(Date.now() - HOUR_MS / 2) });
    const newer = bundleFor(node, newest, 3);
    await node.deliver(newer);
    await node.install();
    expect(generationIn(node.configDir, NAME, [issued.old, issued.next, newest])).toBe(newest);
    expect(await node.result(newer)).toMatchObject({ state: 'installed' });
    expect(['installed', 'refused']).toContain((await node.result(bundle)).state);
  });

  test('and whose bundle is gone undoes what it had begun, and says so', async ({ directory, issued }) => {
    const { node, bundle } = await killedInTest(directory, issued);
    await forget(join(node.inbox, 'bundles', bundle.manifest.leaf.sha256));
    expect(await node.install()).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/rolled back\n.*the installer was interrupted/),
    });
    expect(generationIn(node.configDir, NAME, [issued.old, issued.next])).toBe(issued.old);
  });
});

/** A node whose installer was killed while the web server tested the next generation. */
async function killedInTest(directory: string, issued: Generations) {
  const [, scenario] = SCENARIOS;
  if (!scenario) throw new Error('no scenario');
  const prepared = await prepare(join(directory, 'node'), scenario, issued);
  await killIn(prepared.node, 'test');
  await prepared.node.install();
  await prepared.node.unlock();
  return prepared;
}

async function timeOfOne(directory: string, issued: Generations): Promise<number> {
  const [scenario] = SCENARIOS;
  if (!scenario) throw new Error('no scenario');
  const { node } = await prepare(directory, scenario, issued);
  const startedMs = performance.now();
  await node.install();
  return performance.now() - startedMs;
}
