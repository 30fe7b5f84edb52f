import { describe, expect, test } from 'vitest';
import type { ClusterNode } from '../../../lib/cluster/config.ts';
import { rollOrder } from '../../../lib/rollout/order.ts';
import { rollOut, type NodeEnding } from '../../../lib/rollout/roll-out.ts';

const node = (name: string): ClusterNode => ({
  ...{ name, address: `192.0.2.${name.slice(-1)}`, isDrained: false },
  ...{ webroot: '/srv', agentPort: 9480, httpPort: 80, httpsPort: 443 },
});
const nodes = ['web1', 'web2', 'web3', 'web4', 'web5'].map(node);
const named = (...names: readonly string[]) => nodes.filter(({ name }) => names.includes(name));
const namesOf = (some: readonly ClusterNode[]) => some.map(({ name }) => name);

describe('the order of a roll-out', () => {
  test.each([
    ['self holds the VIP', 'web1', ['web1'], ['web2', 'web3', 'web4', 'web5'], ['web1']],
    ['another node holds it', 'web1', ['web3'], ['web2', 'web4', 'web5', 'web1'], ['web3']],
    ['nobody is known to hold it', 'web2', [], ['web1', 'web3', 'web4', 'web5', 'web2'], []],
    ['two VIPs are on two nodes', 'web5', ['web2', 'web4'], ['web1', 'web3', 'web5'], ['web2', 'web4']],
    [
      'every node holds one',
      'web1',
      ['web1', 'web2', 'web3', 'web4', 'web5'],
      [],
      ['web1', 'web2', 'web3', 'web4', 'web5'],
    ],
  ])('has its holders last and self no canary: %s', (_, self, holding, backups, holders) => {
    const [own] = named(self);
    if (!own) throw new Error(self);
    const order = rollOrder(nodes, own, ({ name }) => holding.includes(name));
    expect([namesOf(order.backups), namesOf(order.holders)]).toEqual([backups, holders]);
  });
});

/** Activates by what each node is like, and writes down when each began and ended. */
async function roll(
  backups: readonly string[],
  holders: readonly string[],
  states: Readonly<Record<string, NodeEnding['state']>> = {},
) {
  const events: string[] = [];
  const activate = async (one: ClusterNode): Promise<NodeEnding> => {
    events.push(`${one.name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    events.push(`${one.name} ends`);
    return { node: one, state: states[one.name] ?? 'served', verdict: null, reason: null, messages: [] };
  };
  const endings = await rollOut({ backups: named(...backups), holders: named(...holders) }, activate);
  const began = events.filter((event) => event.endsWith('begins')).map((event) => event.split(' ')[0]);
  return {
    events,
    began,
    ended: Object.fromEntries(endings.map((ending) => [ending.node.name, ending.state])),
  };
}

describe('a roll-out', () => {
  test('takes the canary alone, the other backups side by side, and the holders one after another', async () => {
    const { events } = await roll(['web1', 'web2', 'web3'], ['web4', 'web5']);
    expect(events).toEqual([
      ...['web1 begins', 'web1 ends'],
      ...['web2 begins', 'web3 begins', 'web2 ends', 'web3 ends'],
      ...['web4 begins', 'web4 ends', 'web5 begins', 'web5 ends'],
    ]);
  });

  test('has an ending for every node', async () => {
    const { ended } = await roll(['web1', 'web2'], ['web3'], { web2: 'unused' });
    expect(ended).toEqual({ web1: 'served', web2: 'unused', web3: 'served' });
  });

  test.each([
    [
      'a canary that is down makes the next one the canary',
      ['web1', 'web2', 'web3'],
      ['web4'],
      { web1: 'outstanding' },
      ['web1', 'web2', 'web3', 'web4'],
    ],
    ['a canary that refuses stops it there', ['web1', 'web2'], ['web3'], { web1: 'refused' }, ['web1']],
    [
      'a second canary that refuses stops it as well',
      ['web1', 'web2', 'web3'],
      ['web4'],
      { web1: 'outstanding', web2: 'refused' },
      ['web1', 'web2'],
    ],
    [
      'a backup that refuses keeps it from the holders',
      ['web1', 'web2', 'web3'],
      ['web4'],
      { web3: 'refused' },
      ['web1', 'web2', 'web3'],
    ],
    [
      'a backup that is down does not',
      ['web1', 'web2', 'web3'],
      ['web4'],
      { web3: 'outstanding' },
      ['web1', 'web2', 'web3', 'web4'],
    ],
    [
      'a holder that refuses keeps it from the next one',
      ['web1'],
      ['web2', 'web3'],
      { web2: 'refused' },
      ['web1', 'web2'],
    ],
    [
      'a holder that is down does not',
      ['web1'],
      ['web2', 'web3'],
      { web2: 'outstanding' },
      ['web1', 'web2', 'web3'],
    ],
    [
      'with all backups down the holder is served anyway',
      ['web1', 'web2'],
      ['web3'],
      { web1: 'outstanding', web2: 'outstanding' },
      ['web1', 'web2', 'web3'],
    ],
    ['without backups the holders are all there is', [], ['web1', 'web2'], {}, ['web1', 'web2']],
    [
      'a canary that is not in use there is one that went well',
      ['web1', 'web2'],
      [],
      { web1: 'unused' },
      ['web1', 'web2'],
    ],
    ['without nodes there is nothing to do', [], [], {}, []],
  ] as const)('%s', async (_, backups, holders, states, began) => {
    const rolled = await roll(backups, holders, states);
    expect(rolled.began).toEqual(began);
    expect(Object.keys(rolled.ended)).toEqual(began);
  });

  test('tries each canary that is down once, and never two at a time before one has held', async () => {
    const { events } = await roll(['web1', 'web2', 'web3'], [], { web1: 'outstanding', web2: 'outstanding' });
    expect(events).toEqual(['web1', 'web2', 'web3'].flatMap((name) => [`${name} begins`, `${name} ends`]));
  });
});
