// @module-tag slow
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { bundleOfDeletion, type Deletion, type Parcel } from '../../lib/lineage/deletion.ts';
import { makeBundle, NAME, writeIssuerTree } from '../support/lineage/bundle.ts';
import { OWN_HOOKS, renewalConf } from '../support/lineage/renewal-conf.ts';
import { certbotHa } from '../support/cluster/command-line.ts';
import { bundleFor, expect, HOUR_MS, modeOf, test } from '../support/installer/generations.ts';
import type { InstallerNode } from '../support/installer/node.ts';

const hoursFromNow = (hours: number) => new Date(Date.now() + hours * HOUR_MS).toISOString();

const deletion = (more: Partial<Deletion> = {}) =>
  bundleOfDeletion({
    ...{ lineage: NAME, stamp: hoursFromNow(-1), from: 'web1', isForced: false, isTrial: false },
    ...more,
  });

async function install(node: InstallerNode, parcel: Parcel, stamp?: string) {
  await node.deliver(parcel, stamp);
  await node.install();
  return await node.result(parcel);
}

async function placesOf(configDir: string): Promise<readonly string[]> {
  const parts = ['archive', 'live', 'renewal'].map(async (part) =>
    (await readdir(join(configDir, part))).map((name) => `${part}/${name}`),
  );
  return (await Promise.all(parts)).flat().filter((name) => !/README$|\/certbot-ha-lineages$/.test(name));
}

const ALL = [`archive/${NAME}`, `live/${NAME}`, `renewal/${NAME}.conf`];

/** A web server whose configuration names the lineage. */
const naming = ({ configDir }: InstallerNode, words: string) => ({
  test: ['sh', '-c', `test -e ${configDir}/live/${NAME}/fullchain.pem || { echo '${words}' >&2; exit 1; }`],
});

describe('an installer that a deletion comes to', () => {
  test('keeps a copy of the lineage, and takes it away for good', async ({ node, issued }) => {
    const old = bundleFor(node, issued.old, 1);
    await install(node, old, hoursFromNow(-2));
    const key = await readFile(join(node.configDir, `archive/${NAME}/privkey1.pem`), 'utf8');
    expect(await install(node, deletion())).toMatchObject({ state: 'deleted', lineage: NAME, findings: [] });
    expect(await placesOf(node.configDir)).toEqual([]);
    expect(await node.installed()).toEqual([]);

    const backups = await readdir(join(node.stateDir, 'backup'));
    expect(backups).toEqual([expect.stringMatching(new RegExp(`^deleted-${NAME}-20`))]);
    const kept = join(node.stateDir, 'backup', backups[0] ?? '');
    expect(await placesOf(kept)).toEqual(ALL);
    expect(await readFile(join(kept, `live/${NAME}/privkey.pem`), 'utf8')).toBe(key);
    expect(await modeOf(join(kept, `archive/${NAME}/privkey1.pem`))).toBe('600');
    expect(await modeOf(join(node.stateDir, 'backup'))).toBe('700');

    // It comes back from a peer that has missed it, with the stamp that it has there or none.
    for (const stamp of [hoursFromNow(-2), undefined]) {
      const again = await install(node, old, stamp);
      expect(again).toMatchObject({
        state: 'refused',
        findings: [{ code: 'lineage-deleted', from: 'web1' }],
      });
    }
  });

  test('leaves what was issued after it', async ({ node, issued }) => {
    await install(node, bundleFor(node, issued.old, 1), hoursFromNow(-2));
    await install(node, deletion());
    // Twice is once.
    expect(await install(node, deletion({ stamp: hoursFromNow(-1.5) }))).toMatchObject({
      state: 'unchanged',
    });
    expect(await install(node, bundleFor(node, issued.next, 1), hoursFromNow(-0.5))).toMatchObject({
      state: 'installed',
    });
    expect(await install(node, deletion())).toMatchObject({
      state: 'unchanged',
      findings: [{ code: 'issued-after-deletion' }],
    });
    expect(await placesOf(node.configDir)).toEqual(ALL);
  });

  test('leaves it where the web server names it, says so with its words, and goes on where it is forced', async ({
    node,
    issued,
  }) => {
    await install(node, bundleFor(node, issued.old, 1), hoursFromNow(-2));
    await node.configure(naming(node, 'site.conf:3: no such file'));
    const refused = {
      state: 'rolled back',
      findings: [{ code: 'lineage-in-use' }, { said: ['site.conf:3: no such file'] }],
    };
    // Who only asks hides no files: the test with the files away comes with the deletion itself.
    expect(await install(node, deletion({ isTrial: true }))).toMatchObject({
      state: 'unchanged',
      findings: [],
    });
    expect(await readdir(join(node.stateDir, 'deleted')).catch(() => [])).toEqual([]);
    expect(await install(node, deletion())).toMatchObject(refused);
    expect(await placesOf(node.configDir)).toEqual(ALL);
    // On another node's word nothing is remembered of what the web server needs.
    expect(await install(node, bundleFor(node, issued.old, 1), hoursFromNow(-2))).toMatchObject({
      state: 'unchanged',
      findings: [],
    });
    expect(await install(node, deletion({ isForced: true }))).toMatchObject({
      state: 'deleted',
      findings: [{ code: 'lineage-in-use' }, {}],
    });
    expect(await placesOf(node.configDir)).toEqual([]);
  });

  test('tells nothing by a test that fails anyway', async ({ node, issued }) => {
    await install(node, bundleFor(node, issued.old, 1), hoursFromNow(-2));
    await node.configure({ test: ['sh', '-c', 'echo broken >&2; exit 1'] });
    expect(await install(node, deletion())).toMatchObject({
      state: 'rolled back',
      findings: [{ code: 'use-not-known' }, { said: ['broken'] }],
    });
    expect(await placesOf(node.configDir)).toEqual(ALL);
  });

  test('leaves alone what is not certbot-ha’s', async ({ node, issued }) => {
    await writeIssuerTree(node.configDir, [issued.old]);
    const file = join(node.configDir, `renewal/${NAME}.conf`);
    const conf = (await readFile(file, 'utf8')).replace('authenticator = manual', 'authenticator = webroot');
    await writeFile(file, conf);
    expect(await install(node, deletion({ isForced: true }))).toMatchObject({
      state: 'refused',
      findings: [{ code: 'conf-not-ours' }],
    });
    expect(await placesOf(node.configDir)).toEqual(ALL);
  });

  test('opens no way to another CA', async ({ node, issued }) => {
    await install(node, bundleFor(node, issued.old, 1), hoursFromNow(-2));
    await install(node, deletion());
    const { configDir } = node;
    const conf = renewalConf({ configDir, lineage: NAME, params: OWN_HOOKS }).replace(
      /server = .*/,
      'server = https://evil.example/dir',
    );
    const evil = makeBundle(issued.next, { configDir, conf });
    const { state, findings } = await install(node, evil, hoursFromNow(-0.5));
    expect([state, findings[0]]).toMatchObject(['refused', { code: 'conf-differs', key: 'server' }]);
    expect(await placesOf(configDir)).toEqual([]);
    // An operator on this node does.
    await certbotHa([
      '--config',
      join(node.directory, 'config.yaml'),
      'accept',
      NAME,
      'server=https://evil.example/dir',
    ]);
    expect(await install(node, evil, hoursFromNow(-0.5))).toMatchObject({ state: 'installed' });
  });

  test('refuses one of next year, with words about clocks', async ({ node, issued }) => {
    await install(node, bundleFor(node, issued.old, 1), hoursFromNow(-2));
    expect(await install(node, deletion({ stamp: hoursFromNow(24 * 365) }))).toMatchObject({
      state: 'refused',
      findings: [{ code: 'stamp-ahead' }],
    });
    expect(await placesOf(node.configDir)).toEqual(ALL);
  });
});
