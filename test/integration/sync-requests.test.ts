// @module-tag slow
import { describe } from 'vitest';
import { createRecords, type InstalledRecord } from '../../lib/state/records.ts';
import { NAME } from '../support/lineage/bundle.ts';
import { expect, parsed, refusalOf, test } from '../support/cluster/agent-server.ts';
import { ask, askJson } from '../support/cluster/raw-channel.ts';
import { treeOf } from '../support/tree.ts';
import { noDamage } from '../support/no-damage.ts';

describe('the routes that sync uses', () => {
  test('tell what is installed, and nothing where nothing is', async ({ agent, bundle }) => {
    expect(parsed(await ask(agent, { path: '/v1/lineages' }))).toEqual([200, { lineages: [], deleted: [] }]);
    const record: InstalledRecord = {
      lineage: NAME,
      leaf: bundle.manifest.leaf,
      number: 1,
      names: [NAME],
      from: 'web1',
      installedAt: '2026-11-24T00:00:00Z',
    };
    await createRecords(agent.stateDir, noDamage).writeInstalled(record);
    expect(parsed(await ask(agent, { path: '/v1/lineages' }))).toEqual([
      200,
      { lineages: [record], deleted: [] },
    ]);
  });

  test('leave a wish to be brought up to date as a file named by the node, and no more', async ({
    agent,
  }) => {
    const answers = await Promise.all(
      ['web1', 'web3', 'web1'].map(
        async (node) => await askJson(agent, 'POST', '/v1/sync-requests', { node }),
      ),
    );
    expect(answers.map(parsed)).toEqual(answers.map(() => [202, { state: 'requested' }]));
    expect(await treeOf(agent.requests)).toEqual(['web1 644 ', 'web3 644 ']);
  });

  test.for([
    ...['{"node": ".."}', '{"node": "."}', '{"node": "../web1"}', '{"node": "/etc/x"}', '{"node": "a/b"}'],
    ...[
      '{"node": ".hidden"}',
      '{"node": ""}',
      '{"node": "a\\nb"}',
      '{"node": 1}',
      '{}',
      '[]',
      '"web1"',
      'null',
    ],
    ...[`{"node": "${'x'.repeat(64)}"}`, '{"node": "web1", "urgent": true}', 'web1', ''],
  ])('refuse the wish %s', async (body, { agent }) => {
    const before = await treeOf(agent.stateDir);
    const headers = { 'content-type': 'application/json' };
    const answer = await ask(agent, { method: 'POST', path: '/v1/sync-requests', headers, body });
    expect(refusalOf(answer)[0]).toBe(400);
    expect(await treeOf(agent.stateDir)).toEqual(before);
  });
});
