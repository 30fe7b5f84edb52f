import { setMaxListeners } from 'node:events';
import { OK, failure } from '../../../lib/base/outcome.ts';
import { idOfDeletion, type Parcel } from '../../../lib/lineage/deletion.ts';
import { bringOutstanding } from '../../../lib/rollout/bring-outstanding.ts';
import { spreadDeletions } from '../../../lib/rollout/spread-deletions.ts';
import type { SyncOptions } from '../../../lib/rollout/sync-lineage.ts';
import { createEvents } from '../../../lib/state/events.ts';
import { openState } from '../../../lib/state/state.ts';
import type { InstalledRecord } from '../../../lib/state/records.ts';
import { timeLimit } from '../../../lib/system/time-limit.ts';
import { noDamage } from '../../support/no-damage.ts';
import { expect, test as base } from '../../support/temporary.ts';

const STAMP = '2026-11-24T00:00:00.000Z';
const LATER = '2026-11-25T00:00:00.000Z';
const GONE = 'gone.example.test';
const DELETED = { state: 'deleted', findings: [] as readonly object[], messages: [] };
const REFUSED = { ...DELETED, state: 'rolled back', findings: [{ code: 'deletion-waits', lineage: GONE }] };
const UNKNOWN = { state: 'unknown', reason: { code: 'installation-unconfirmed' } };

const test = base.extend<{ readonly node: Awaited<ReturnType<typeof createNode>> }>({
  node: async ({ directory }, use) => await use(createNode(directory)),
});

/** web1, without agents; web2 has typed a deletion, web3 is off, web4 drained, web5 was off. */
function createNode(stateDir: string) {
  const state = openState({ stateDir }, noDamage);
  const [self, ...peers] = ['web1', 'web2', 'web3', 'web4', 'web5'].map((name) => ({
    ...{ name, address: '192.0.2.1', isDrained: name === 'web4' },
  }));
  const sent: string[] = [];
  const said: string[] = [];
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const web5: { answer: object; onStage?: () => void } = { answer: DELETED };
  const delivery = {
    stage: async (node: { readonly name: string }, { manifest }: Parcel) => {
      const isForced = 'deleted' in manifest && manifest.deleted.isForced;
      sent.push(`${node.name} ${manifest.lineage}${isForced ? ' by force' : ''}`);
      if (node.name === 'web3') return failure({ code: 'agent-silent' });
      web5.onStage?.();
      return OK;
    },
    activate: async () => OK,
    result: async () => web5.answer,
  };
  const say = (line: string) => void said.push(line);
  const options = {
    ...{ state, client: null, signal: controller.signal },
    events: createEvents(stateDir, { node: 'web1', program: 'sync' }),
    cluster: { self, peers, config: { stateDir, nodes: [self, ...peers] } },
    ...{ transport: { deliver: async () => delivery }, io: { out: say, err: say } },
  } as unknown as SyncOptions;
  const has = async (lineage: string, more: object = {}) =>
    await state.records.writeDeletion({
      ...{ lineage, stamp: STAMP, from: 'web2', isForced: false, others: [], isPending: false },
      ...{ kept: null, backup: null, at: STAMP, ...more },
    });
  /** as a deletion that was typed here leaves it */
  const owes = async (node: string, lineage: string, isForced: boolean) =>
    await state.outstanding.add([
      {
        ...{ node, lineage, reason: { code: 'deletion-begun' }, since: STAMP },
        id: idOfDeletion({ lineage, stamp: STAMP, isForced, isTrial: false }),
      },
    ]);
  const left = async () =>
    (await state.outstanding.list()).map(({ node, reason: { code } }) => `${node} ${code}`);
  const spread = async () => await spreadDeletions(options);
  const bring = async (limit = timeLimit(5_000, controller.signal)) =>
    await bringOutstanding([], options, limit);
  const sync = async () => [await spread(), await bring()];
  return { state, sent, said, web5, controller, has, owes, left, spread, bring, sync };
}

test('without agents a deletion from another node is brought to all others, once, and who misses it is outstanding', async ({
  node: { sent, said, has, left, sync },
}) => {
  await has(GONE);
  expect(await sync()).toEqual([true, false]);
  expect(sent).toEqual([`web3 ${GONE}`, `web5 ${GONE}`]);
  expect(said).toContain(`web5 192.0.2.1: ${GONE}: deleted`);
  expect(await left()).toEqual(['web4 drained', 'web3 agent-silent']);
  expect(await sync()).toEqual([true, false]);
  expect(sent.slice(2)).toEqual([`web3 ${GONE}`]);
  // One that is typed later is another one.
  await has(GONE, { stamp: LATER });
  await sync();
  expect(sent.slice(3).toSorted()).toEqual([`web3 ${GONE}`, `web5 ${GONE}`]);
});

test('none that was typed here, waits here, has a wrong clock’s stamp, or was followed by an issuance', async ({
  node: { state, sent, has, left, sync },
}) => {
  await has('own.example.test', { from: 'web1' });
  await has('waits.example.test', { isPending: true });
  await has('ahead.example.test', { stamp: new Date(Date.now() + 7 * 86_400_000).toISOString() });
  await has('anew.example.test');
  const leaf = {
    sha256: 'a'.repeat(64),
    serial: '01',
    notBefore: STAMP,
    notAfter: '2027-02-22T00:00:00.000Z',
  };
  const record: InstalledRecord = {
    ...{ lineage: 'anew.example.test', leaf, stamp: LATER, number: 1, names: [], from: 'web2' },
    installedAt: LATER,
  };
  await state.records.writeInstalled(record);
  expect(await sync()).toEqual([true, true]);
  expect(sent).toEqual([]);
  expect(await left()).toEqual([]);
});

test('who is off is waited for once, and told of for the same reason, and no flood is brought at once', async ({
  node: { sent, said, has, left, sync },
}) => {
  for (let count = 10; count < 32; count += 1) await has(`${count}.example.test`);
  expect(await sync()).toEqual([false, false]);
  expect(said[0]).toBe(
    'more deletions from other nodes than are passed on at once: 2 wait for the next sync',
  );
  expect(sent.filter((one) => one.startsWith('web3 '))).toHaveLength(1);
  expect(sent.filter((one) => one.startsWith('web5 '))).toHaveLength(20);
  expect((await left()).filter((one) => one === 'web3 agent-silent')).toHaveLength(20);
  expect(said.join('\n')).not.toContain('[deletion-waits]');
  expect(await sync()).toEqual([true, false]);
  expect(sent.filter((one) => one.startsWith('web3 '))).toHaveLength(2);
  expect(sent.filter((one) => one.startsWith('web5 '))).toHaveLength(22);
  expect((await left()).filter((one) => one === 'web3 agent-silent')).toHaveLength(22);
});

test('after a while none is begun, which is told, and who was silent comes last the next time', async ({
  node: { sent, said, has, bring, spread },
}) => {
  await has(GONE);
  await spread();
  for (let times = 0; times < 2; times += 1) {
    let calls = 0;
    expect(await bring({ leftMs: () => Math.max(0, 1 - calls++) })).toBe(false);
  }
  expect(said).toContain('no time left for deletions that other nodes have missed: 1 wait for the next sync');
  expect(sent).toEqual([`web3 ${GONE}`, `web5 ${GONE}`]);
});

test('an interruption begins none, and what was to be brought is outstanding', async ({
  node: { sent, said, has, left, web5, controller, state, sync },
}) => {
  for (const lineage of ['a', 'b', 'c']) await has(`${lineage}.example.test`);
  web5.onStage = () => controller.abort();
  expect(await sync()).toEqual([true, false]);
  expect(sent.filter((one) => one.startsWith('web5 '))).toHaveLength(1);
  expect((await left()).filter((one) => one.startsWith('web5 '))).toHaveLength(2);
  expect(said.join('\n')).not.toContain('no time left');
  for (const { isSpread } of await state.records.deletions()) expect(isSpread).toBe(true);
});

test('force goes only with a deletion that was typed here, and typed so', async ({
  node: { sent, has, owes, sync },
}) => {
  await has(GONE, { isForced: true });
  await has('own.example.test', { from: 'web1', isForced: true });
  await owes('web5', 'own.example.test', true);
  // Somebody has brought this node’s own once more, by force.
  await has('mine.example.test', { from: 'web1', isForced: true });
  await owes('web5', 'mine.example.test', false);
  await has('old.example.test', { isSpread: true, isForced: true });
  await owes('web5', 'old.example.test', true);
  await sync();
  expect(sent.filter((one) => one.startsWith('web5 ')).toSorted()).toEqual([
    `web5 ${GONE}`,
    'web5 mine.example.test',
    'web5 old.example.test',
    'web5 own.example.test by force',
  ]);
});

test.for([
  ['that refuses', REFUSED, false, 'not deleted', 'deletion-waits'],
  [
    'whose answer nobody may read',
    UNKNOWN,
    true,
    'handed over: how it ended cannot be asked',
    UNKNOWN.reason.code,
  ],
] as const)(
  'a node %s is told once, and is outstanding only where the deletion was typed',
  async ([, answer, isGood, words, code], { node: { said, has, owes, left, web5, bring } }) => {
    web5.answer = answer;
    await has(GONE, { isSpread: true });
    await owes('web5', GONE, false);
    expect(await bring()).toBe(isGood);
    expect(said).toContain(`web5 192.0.2.1: ${GONE}: ${words}`);
    expect(await left()).toEqual([]);

    await has(GONE, { from: 'web1' });
    await owes('web5', GONE, false);
    expect(await bring()).toBe(false);
    expect(await left()).toEqual([`web5 ${code}`]);
  },
);
