// @module-tag slow
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import type { Bundle } from '../../lib/lineage/bundle.ts';
import { withInstallerLock } from '../../lib/state/installer-lock.ts';
import { readEvents } from '../../lib/state/read-events.ts';
import { pause } from '../../lib/system/pause.ts';
import { makeBundle, NAME, writeIssuerTree } from '../support/lineage/bundle.ts';
import type { Issued } from '../support/lineage/certificates.ts';
import { bundleFor, expect, test as base } from '../support/installer/generations.ts';
import { killedAt, stepsOf } from '../support/installer/kill.ts';
import { generationIn, temporariesIn } from '../support/installer/looks.ts';
import { createInstallerNode, type InstallerNode } from '../support/installer/node.ts';

const NAMES = ['a.example.test', 'b.example.test', 'c.example.test'] as const;

/** Three lineages, as `NAMES` says. */
const test = base.extend<{ readonly three: readonly [Issued, Issued, Issued] }>({
  three: async ({ ca }, use) => {
    const [a, b, c] = NAMES;
    await use([await ca.issue([a]), await ca.issue([b]), await ca.issue([c])]);
  },
});

function bundlesOf({ configDir }: InstallerNode, issued: readonly Issued[]): readonly Bundle[] {
  return issued.map((one, index) => makeBundle(one, { configDir, lineage: NAMES[index] ?? '' }));
}

async function made(directory: string): Promise<string> {
  await mkdir(directory);
  return directory;
}

async function statesOf(node: InstallerNode, bundles: readonly Bundle[]): Promise<readonly string[]> {
  return await Promise.all(bundles.map(async (bundle) => (await node.result(bundle)).state));
}

async function liveOf({ configDir }: InstallerNode): Promise<readonly string[]> {
  const names = await readdir(join(configDir, 'live'));
  return names.filter((name) => name !== 'certbot-ha-lineages').toSorted();
}

describe('lineages that have arrived together', () => {
  test('are in place before the web server is tested, once, and it is reloaded once', async ({
    node,
    three,
  }) => {
    await node.name(...NAMES);
    const bundles = bundlesOf(node, three);
    for (const bundle of bundles) await node.deliver(bundle);
    expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
    expect(await statesOf(node, bundles)).toEqual(['installed', 'installed', 'installed']);
    expect(await node.verbs()).toEqual(['test', 'reload']);
    expect((await node.installed()).map(({ lineage }) => lineage).toSorted()).toEqual(NAMES);
  });

  test('take no other with them when the web server refuses one of them', async ({ node, three, issued }) => {
    await writeIssuerTree(node.configDir, [issued.old]);
    await node.refuse(three[1].certificate, 'nginx: [emerg] ee key too small');
    const bundles = [...bundlesOf(node, three), bundleFor(node, issued.next, 2)];
    for (const bundle of bundles) await node.deliver(bundle);
    expect(await node.install()).toMatchObject({ code: 1 });
    expect(await statesOf(node, bundles)).toEqual(['installed', 'rolled back', 'installed', 'installed']);
    expect(await liveOf(node)).toEqual([NAMES[0], NAMES[2], NAME]);
    expect((await node.result(bundles[1] as Bundle)).messages).toEqual([
      expect.stringMatching(/\[web-server-test-failed\]$/),
      '  nginx: [emerg] ee key too small',
      'the previous certificate is restored, and the test passes with it [previous-restored]',
    ]);
    expect(await temporariesIn(node.configDir, node.stateDir)).toEqual([]);
  });

  test('are tested together with one that is in place already', async ({ node, three, issued }) => {
    await writeIssuerTree(node.configDir, [issued.next]);
    const [bundle] = bundlesOf(node, three);
    const known = bundleFor(node, issued.next, 1);
    for (const one of [bundle as Bundle, known]) await node.deliver(one);
    expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
    expect(await statesOf(node, [bundle as Bundle, known])).toEqual(['installed', 'unchanged']);
    expect(await node.verbs()).toEqual(['test', 'reload']);
  });

  test('are told with the time of their own round, without the wait for others', async ({
    node,
    issued,
    ca,
  }) => {
    await writeIssuerTree(node.configDir, [issued.old]);
    await node.configure({ test: ['sleep', '1'] });
    const newest = await ca.issue([NAME], { notBefore: new Date(Date.now() - 60_000) });
    for (const bundle of [bundleFor(node, issued.next, 2), bundleFor(node, newest, 3)])
      await node.deliver(bundle);
    const running: Promise<unknown>[] = [];
    await withInstallerLock(node.stateDir, async () => {
      running.push(node.install());
      await pause(1_000);
    });
    const releasedMs = performance.now();
    await Promise.all(running);
    const took = (await readEvents(node.stateDir)).map(({ ms }) => ms ?? Infinity);
    expect(took).toHaveLength(2);
    expect(took.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(performance.now() - releasedMs);
  });

  test('may be two generations of one, of which the newest is in use', async ({ node, issued, ca }) => {
    await writeIssuerTree(node.configDir, [issued.old]);
    const newest = await ca.issue([NAME], { notBefore: new Date(Date.now() - 60_000) });
    const bundles = [bundleFor(node, issued.next, 2), bundleFor(node, newest, 3)];
    for (const bundle of bundles) await node.deliver(bundle);
    await node.install();
    expect(['installed', 'refused']).toContain((await node.result(bundles[0] as Bundle)).state);
    expect(await node.result(bundles[1] as Bundle)).toMatchObject({ state: 'installed' });
    expect(generationIn(node.configDir, NAME, [issued.next, newest])).toBe(newest);
  });
});

describe('a web server that names lineages which are not here', () => {
  test('is tested with each that comes, all of which stay, and is reloaded with the last', async ({
    node,
    three,
  }) => {
    await node.name(...NAMES);
    const bundles = bundlesOf(node, three);
    const missing = (name: string) =>
      `cannot load certificate "${node.configDir}/live/${name}/fullchain.pem"`;
    for (const [index, bundle] of bundles.slice(0, 2).entries()) {
      await node.deliver(bundle);
      expect(await node.install()).toMatchObject({ code: 1, stdout: '' });
      const { state, messages } = await node.result(bundle);
      expect(state).toBe('not reloaded');
      expect(messages.join('\n')).toContain(missing(NAMES[index + 1] ?? ''));
      expect(messages.at(-2)).toContain('the test failed before as well: the new certificate is in place');
      expect(messages.at(-1)).toBe(`  before: nginx: [emerg] ${missing(NAMES[index] ?? '')}`);
    }
    expect(await liveOf(node)).toEqual(NAMES.slice(0, 2));
    expect(await node.verbs()).not.toContain('reload');

    await node.deliver(bundles[2] as Bundle);
    expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
    expect((await node.verbs()).slice(-2)).toEqual(['test', 'reload']);
    for (const bundle of bundles) await node.deliver(bundle);
    expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
    expect(await statesOf(node, bundles)).toEqual(['unchanged', 'unchanged', 'unchanged']);
  });

  test('keeps no other lineage from being installed and renewed', async ({ node, three, issued }) => {
    await writeIssuerTree(node.configDir, [issued.old]);
    await node.name('deleted.example.test', NAME);
    const bundles = [bundleFor(node, issued.next, 2), ...bundlesOf(node, three)];
    for (const bundle of bundles) await node.deliver(bundle);
    expect(await node.install()).toMatchObject({ code: 1 });
    expect(new Set(await statesOf(node, bundles))).toEqual(new Set(['not reloaded']));
    expect(generationIn(node.configDir, NAME, [issued.old, issued.next])).toBe(issued.next);
    expect(await liveOf(node)).toEqual([...NAMES, NAME]);
    expect(await node.verbs()).toEqual(['test', 'test']);
  });

  test('may refuse one of them besides: it goes back, and a first one stays', async ({
    node,
    three,
    issued,
  }) => {
    await writeIssuerTree(node.configDir, [issued.old]);
    await node.name(NAME, ...NAMES);
    const words = `ee key too small: "${node.configDir}/live/${NAME}/fullchain.pem"`;
    await node.refuse(issued.next.certificate, words);
    const bundles = [...bundlesOf(node, three), bundleFor(node, issued.next, 2)];
    for (const bundle of bundles) await node.deliver(bundle);
    expect(await node.install()).toMatchObject({ code: 1 });
    expect(await statesOf(node, bundles)).toEqual(['installed', 'installed', 'installed', 'rolled back']);
    expect(generationIn(node.configDir, NAME, [issued.old, issued.next])).toBe(issued.old);
    expect((await node.verbs()).at(-1)).toBe('reload');
  });
});

describe('an installer of several lineages that is killed', () => {
  test.for([
    ['with a web server that takes them', NAMES, 'installed'],
    ['with a web server that lacks another', [...NAMES, 'd.example.test'], 'not reloaded'],
  ] as const)(
    'at any change, %s, ends it at the next start',
    { timeout: process.env['CERTBOT_HA_TEST_LONG'] ? 3_600_000 : 120_000 },
    async ([, named, end], { directory, three }) => {
      const prepared = async (name: string) => {
        const node = await createInstallerNode(await made(join(directory, name)));
        await node.name(...named);
        const bundles = bundlesOf(node, three);
        for (const bundle of bundles) await node.deliver(bundle);
        return { node, bundles };
      };
      const whole = await prepared('whole');
      await whole.node.install(await killedAt(whole.node, 0));
      const total = await stepsOf(whole.node);
      expect(total).toBeGreaterThan(100);
      const kills = process.env['CERTBOT_HA_TEST_LONG'] ? total : 2;
      for (let index = 0; index < kills; index += 1) {
        const step = 1 + Math.floor(((index + 0.5) * total) / kills);
        const { node, bundles } = await prepared(`at-${step}-${index}`);
        expect((await node.install(await killedAt(node, step))).signal).toBe('SIGKILL');
        await node.unlock();
        await node.install();
        const states = await statesOf(node, bundles);
        expect([step, states.filter((state) => state !== end && state !== 'unchanged')]).toEqual([step, []]);
        expect(await liveOf(node)).toEqual(NAMES);
        for (const place of ['journal', 'inbox/bundles', 'inbox/activated']) {
          expect([step, place, await readdir(join(node.stateDir, place))]).toEqual([step, place, []]);
        }
        expect(await temporariesIn(node.configDir, node.stateDir)).toEqual([]);
        await rm(node.directory, { recursive: true, force: true });
      }
    },
  );
});
