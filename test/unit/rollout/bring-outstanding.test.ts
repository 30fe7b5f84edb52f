import { OK } from '../../../lib/base/outcome.ts';
import { idOfDeletion, type Parcel } from '../../../lib/lineage/deletion.ts';
import type { PeerView } from '../../../lib/peers/survey.ts';
import { bringOutstanding } from '../../../lib/rollout/bring-outstanding.ts';
import type { SyncOptions } from '../../../lib/rollout/sync-lineage.ts';
import { createEvents } from '../../../lib/state/events.ts';
import { openState } from '../../../lib/state/state.ts';
import { noDamage } from '../../support/no-damage.ts';
import { expect, test } from '../../support/temporary.ts';

const FIRST = 'a.example.test';

test.for([
  ['http', true],
  ['shared', false],
] as const)(
  'a deletion is brought over %s to the node that has missed it, once, and to no other',
  async ([, hasAgents], { directory }) => {
    const state = openState({ stateDir: directory }, noDamage);
    const [self, off, away, drained] = ['web1', 'web2', 'web3', 'web4'].map((name) => ({
      ...{ name, address: '192.0.2.1', isDrained: name === 'web4' },
    }));
    const stamp = '2026-11-24T00:00:00.000Z';
    const grave = { lineage: FIRST, stamp, from: 'web1', isForced: false, others: [], isPending: false };
    await state.records.writeDeletion({ ...grave, kept: null, backup: null, at: stamp });
    const id = idOfDeletion({ lineage: FIRST, stamp, isForced: false, isTrial: false });
    const reason = { code: 'agent-silent' } as const;
    for (const node of ['web2', 'web4'])
      await state.outstanding.add([{ node, lineage: FIRST, id, reason, since: stamp }]);
    const sent: unknown[] = [];
    const delivery = {
      stage: async (node: { readonly name: string }, parcel: Parcel) => {
        sent.push([node.name, parcel.manifest]);
        return OK;
      },
      activate: async () => OK,
      result: async () => ({ state: 'deleted', findings: [], messages: [] }),
    };
    const out: string[] = [];
    const options = {
      ...{
        state,
        client: hasAgents ? {} : null,
        signal: new AbortController().signal,
        events: createEvents(directory, { node: 'web1', program: 'sync' }),
      },
      cluster: { self, peers: [off, away, drained], config: { nodes: [self, off, away, drained] } },
      transport: { deliver: async () => delivery },
      io: { out: (line: string) => void out.push(line), err: (line: string) => void out.push(line) },
    } as unknown as SyncOptions;
    const view = { isReachable: true, installed: [], deleted: [] };
    const views = hasAgents
      ? [
          { ...view, node: off },
          { ...view, node: away },
        ]
      : [];
    for (let times = 0; times < 2; times += 1)
      expect(await bringOutstanding(views as unknown as PeerView[], options)).toBe(true);
    const deleted = { stamp, isForced: false, isTrial: false };
    expect(sent).toEqual([['web2', { version: 1, lineage: FIRST, from: 'web1', deleted }]]);
    expect(out).toEqual([`web2 192.0.2.1: ${FIRST}: deleted`]);
    expect((await state.outstanding.list()).map(({ node }) => node)).toEqual(['web4']);
  },
);
