import { OK, failure } from '../../../lib/base/outcome.ts';
import type { Parcel } from '../../../lib/lineage/deletion.ts';
import { spreadDeletions } from '../../../lib/rollout/spread-deletions.ts';
import type { SyncOptions } from '../../../lib/rollout/sync-lineage.ts';
import { openState } from '../../../lib/state/state.ts';
import type { InstalledRecord } from '../../../lib/state/records.ts';
import { noDamage } from '../../support/no-damage.ts';
import { expect, test as base } from '../../support/temporary.ts';

const STAMP = '2026-11-24T00:00:00.000Z';
const LATER = '2026-11-25T00:00:00.000Z';
const GONE = 'gone.example.test';

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
  const delivery = {
    stage: async (node: { readonly name: string }, { manifest }: Parcel) => {
      sent.push(`${node.name} ${manifest.lineage}`);
      return node.name === 'web3' ? failure({ code: 'agent-silent' }) : OK;
    },
    activate: async () => OK,
    result: async () => ({ state: 'deleted', findings: [], messages: [] }),
  };
  const say = (line: string) => void said.push(line);
  const options = {
    ...{ state, client: null, signal: new AbortController().signal },
    cluster: { self, peers, config: { stateDir, nodes: [self, ...peers] } },
    ...{ transport: { deliver: async () => delivery }, io: { out: say, err: say } },
  } as unknown as SyncOptions;
  const has = async (lineage: string, more: object = {}) =>
    await state.records.writeDeletion({
      ...{ lineage, stamp: STAMP, from: 'web2', isForced: false, others: [], isPending: false },
      ...{ kept: null, backup: null, at: STAMP, ...more },
    });
  return { state, sent, said, has, spread: async () => await spreadDeletions(options) };
}

test('without agents a deletion from another node is brought to all others, once, and who misses it is outstanding', async ({
  node: { state, sent, said, has, spread },
}) => {
  await has(GONE);
  expect(await spread()).toBe(false);
  expect(sent).toEqual([`web3 ${GONE}`, `web5 ${GONE}`]);
  expect(said).toContain(`web5 192.0.2.1: ${GONE}: deleted`);
  const outstanding = await state.outstanding.list();
  expect(outstanding.map(({ node, reason: { code } }) => [node, code])).toEqual([
    ['web3', 'agent-silent'],
    ['web4', 'drained'],
  ]);
  expect(await spread()).toBe(true);
  expect(sent).toHaveLength(2);
  // One that is typed later is another one.
  await has(GONE, { stamp: LATER });
  await spread();
  expect(sent).toHaveLength(4);
});

test('none that was typed here, waits here, has a wrong clock’s stamp, or was followed by an issuance', async ({
  node: { state, sent, has, spread },
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
  expect(await spread()).toBe(true);
  expect(sent).toEqual([]);
});

test('who is off is waited for once, and no flood is brought at once', async ({
  node: { state, sent, has, spread },
}) => {
  for (let count = 10; count < 35; count += 1) await has(`${count}.example.test`);
  expect(await spread()).toBe(false);
  expect(sent.filter((one) => one.startsWith('web3 '))).toHaveLength(1);
  expect(sent.filter((one) => one.startsWith('web5 '))).toHaveLength(20);
  await spread();
  expect(sent.filter((one) => one.startsWith('web5 '))).toHaveLength(25);
  const outstanding = await state.outstanding.list();
  expect(outstanding.filter(({ node }) => node === 'web3')).toHaveLength(25);
});
