// @module-tag slow
import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import type { Bundle } from '../../lib/lineage/bundle.ts';
import { expireBundles, serialise } from '../../lib/inbox/stage.ts';
import { createResults } from '../../lib/state/outbox.ts';
import { makeBundle, NAME, secretsOf, without } from '../support/lineage/bundle.ts';
import { at, expect, parsed, refusalOf, test } from '../support/cluster/agent-server.ts';
import { ask, askJson } from '../support/cluster/raw-channel.ts';
import { treeOf } from '../support/tree.ts';
import { noDamage } from '../support/no-damage.ts';

describe('a delivery to the agent', () => {
  test('goes from staged to activated to its result', async ({ agent, bundle }) => {
    expect(refusalOf(await ask(agent, { path: at(bundle) }))).toEqual([
      404,
      expect.stringMatching(/^no bundle [0-9a-f]{64} has been here$/),
    ]);
    expect(parsed(await askJson(agent, 'PUT', at(bundle), serialise(bundle)))).toEqual([
      200,
      { state: 'staged' },
    ]);
    expect(parsed(await ask(agent, { path: at(bundle) }))).toEqual([200, { state: 'staged' }]);
    expect(parsed(await ask(agent, { method: 'POST', path: `${at(bundle)}/activation` }))).toEqual([
      200,
      { state: 'activated' },
    ]);
    expect(parsed(await ask(agent, { path: at(bundle) }))).toEqual([200, { state: 'activated' }]);
    const id = bundle.manifest.leaf.sha256;
    const result = {
      id,
      lineage: NAME,
      state: 'installed',
      findings: [],
      messages: [],
      at: '2026-11-24T00:00:00Z',
    } as const;
    await createResults(agent.stateDir, noDamage).write(result);
    expect(parsed(await ask(agent, { path: at(bundle) }))).toEqual([200, { state: 'activated' }]);
    await rm(agent.inbox, { recursive: true });
    expect(parsed(await ask(agent, { path: at(bundle) }))).toEqual([200, result]);
  });

  test('is being installed while an installer holds its lock', async ({ agent, bundle }) => {
    await askJson(agent, 'PUT', at(bundle), serialise(bundle));
    const lock = join(agent.stateDir, 'journal.lock');
    await mkdir(lock, { recursive: true });
    expect(parsed(await ask(agent, { path: at(bundle) }))).toEqual([200, { state: 'staged' }]);
    await ask(agent, { method: 'POST', path: `${at(bundle)}/activation` });
    expect(parsed(await ask(agent, { path: at(bundle) }))).toEqual([200, { state: 'installing' }]);
    // As one that was killed a while ago has left it.
    await utimes(lock, 1, 1);
    expect(parsed(await ask(agent, { path: at(bundle) }))).toEqual([200, { state: 'activated' }]);
  });

  test('does not change what waits for the installer already', async ({ agent, bundle }) => {
    await askJson(agent, 'PUT', at(bundle), serialise(bundle));
    await ask(agent, { method: 'POST', path: `${at(bundle)}/activation` });
    const before = await treeOf(agent.inbox);
    const other = { ...serialise(bundle), manifest: 'forged' };
    expect((await askJson(agent, 'PUT', at(bundle), other)).status).toBe(200);
    expect(await treeOf(agent.inbox)).toEqual(before);
  });

  test('is not activated when it has never come', async ({ agent, bundle }) => {
    const answer = await ask(agent, { method: 'POST', path: `${at(bundle)}/activation` });
    expect(refusalOf(answer)).toEqual([404, expect.stringMatching(/^no bundle [0-9a-f]{64} in the inbox$/)]);
    expect(await treeOf(agent.inbox)).toHaveLength(1);
  });

  test.for([
    '..',
    '%2e%2e',
    '%2e%2e%2f%2e%2e%2fetc',
    'a'.repeat(63),
    'A'.repeat(64),
    `${'a'.repeat(64)}%0a`,
    `${'a'.repeat(64)}.x`,
    'activated',
    '%00',
  ])('is refused under the id %s', async (id, { agent, bundle }) => {
    const before = await treeOf(agent.stateDir);
    for (const answer of [
      await askJson(agent, 'PUT', `/v1/deliveries/${id}`, serialise(bundle)),
      await ask(agent, { method: 'POST', path: `/v1/deliveries/${id}/activation` }),
      await ask(agent, { path: `/v1/deliveries/${id}` }),
    ]) {
      expect([400, 404]).toContain(refusalOf(answer)[0]);
    }
    expect(await treeOf(agent.stateDir)).toEqual(before);
  });

  const bodies: readonly (readonly [string, (bundle: Bundle) => unknown, number])[] = [
    [
      'a file too many',
      ({ manifest, files }) => ({ manifest: JSON.stringify(manifest), files: { ...files, 'x.pem': '' } }),
      400,
    ],
    [
      'a path that leads up',
      ({ manifest, files }) => ({ manifest: JSON.stringify(manifest), files: { ...files, '../../x': '' } }),
      400,
    ],
    [
      'a file too few',
      ({ manifest, files }) => ({ manifest: JSON.stringify(manifest), files: without(files, 'cert.pem') }),
      400,
    ],
    [
      'a file that is no text',
      (bundle) => ({ ...serialise(bundle), files: { ...bundle.files, 'cert.pem': 1 } }),
      400,
    ],
    [
      'a file of more than 64 kB',
      (bundle) => ({ ...serialise(bundle), files: { ...bundle.files, 'cert.pem': 'x'.repeat(65_537) } }),
      400,
    ],
    ['a manifest that is no text', (bundle) => ({ ...serialise(bundle), manifest: bundle.manifest }), 400],
    ['a key that nobody knows', (bundle) => ({ ...serialise(bundle), activate: true }), 400],
    ['nothing', () => ({}), 400],
    ['a list', () => [], 400],
    ['a megabyte and more', (bundle) => ({ ...serialise(bundle), manifest: 'x'.repeat(1_100_000) }), 413],
  ];
  test.for(bodies)('is refused whole with %s', async ([, bodyOf, status], { agent, bundle }) => {
    const answer = await askJson(agent, 'PUT', at(bundle), bodyOf(bundle));
    expect(refusalOf(answer)).toEqual([status, expect.stringMatching(/^.{1,300}$/)]);
    expect(await treeOf(agent.inbox)).toHaveLength(1);
  });

  test('may be as large as eight files of 64 kB', async ({ agent, bundle }) => {
    const files = Object.fromEntries(Object.keys(bundle.files).map((path) => [path, 'x'.repeat(65_536)]));
    const answer = await askJson(agent, 'PUT', at(bundle), { manifest: '{}', files });
    expect(answer.status).toBe(200);
  });

  test('leaves nothing of its keys in the log or in an answer', async ({ agent, bundle }) => {
    const answers = [
      await askJson(agent, 'PUT', at(bundle), serialise(bundle)),
      await askJson(agent, 'PUT', at(bundle), { ...serialise(bundle), more: bundle.files['privkey.pem'] }),
      await askJson(agent, 'PUT', '/v1/deliveries/x', serialise(bundle)),
      await ask(agent, { path: at(bundle) }),
    ];
    const said = [...agent.log, ...answers.map(({ body }) => body)].join('\n');
    expect(said).toContain('staged a bundle');
    for (const secret of secretsOf(bundle)) expect(said).not.toContain(secret);
  });

  test('says so when the inbox is not there or not writable', async ({ agent, bundle }) => {
    await rm(join(agent.inbox, 'bundles'), { recursive: true });
    await writeFile(join(agent.inbox, 'bundles'), 'a file in the way');
    const answer = await askJson(agent, 'PUT', at(bundle), serialise(bundle));
    expect(refusalOf(answer)[0]).toBe(500);
  });

  test('goes away when nobody activates it in time, and stays when somebody has', async ({ agent, ca }) => {
    const bundles = [];
    for (const name of ['a.example.test', 'b.example.test', 'c.example.test']) {
      bundles.push(makeBundle(await ca.issue([name]), { configDir: '/etc/letsencrypt', lineage: name }));
    }
    for (const bundle of bundles) await askJson(agent, 'PUT', at(bundle), serialise(bundle));
    const [over, activated, young] = bundles.map(({ manifest }) => manifest.leaf.sha256);
    await ask(agent, { method: 'POST', path: `/v1/deliveries/${activated}/activation` });
    await mkdir(join(agent.inbox, 'bundles', `.${over}.half-written`));
    for (const name of [over, activated, `.${over}.half-written`])
      await utimes(join(agent.inbox, 'bundles', name ?? ''), 1, 1);
    await expireBundles(agent.inbox, 60_000, Date.now());
    expect(new Set(await readdir(join(agent.inbox, 'bundles')))).toEqual(new Set([activated, young]));
  });
});
