import { expect, test } from 'vitest';
import type { ChannelClient } from '../../../../lib/channel/client.ts';
import type { ClusterNode } from '../../../../lib/cluster/config.ts';
import { deadline } from '../../../../lib/system/deadline.ts';
import { createHttpDelivery } from '../../../../lib/transports/http/delivery.ts';

test('an agent that knows no such bundle is asked for as long as an installer takes to begin, and no longer', async () => {
  const client: ChannelClient = {
    request: async () => ({
      ...{ isOk: false, isSilent: false },
      reason: { code: 'agent-refuses', status: 404, detail: 'no such bundle' },
    }),
    close: async () => undefined,
  };
  const startedMs = performance.now();
  const delivery = createHttpDelivery(client, 200);
  expect(await delivery.result({ name: 'web2' } as ClusterNode, 'a'.repeat(64), deadline(5_000))).toBeNull();
  expect(performance.now() - startedMs).toBeLessThan(3_000);
});

const RESULT = {
  id: 'a'.repeat(64),
  lineage: null,
  state: 'installed',
  messages: [],
  at: '2026-11-28T00:00:00.000Z',
};

test('an agent that waits for its disk tells nothing of its installer', async () => {
  let asked = 0;
  const client: ChannelClient = {
    async request(_peer, _method, _path, { read }) {
      asked += 1;
      const body = asked > 12 ? read?.(RESULT) : null;
      if (body) return { isOk: true, body };
      return { isOk: false, isSilent: false, reason: { code: 'agent-refuses', status: 503, detail: '' } };
    },
    close: async () => undefined,
  };
  const delivery = createHttpDelivery(client, 50);
  const result = await delivery.result({ name: 'web2' } as ClusterNode, RESULT.id, deadline(5_000));
  expect(result).toMatchObject(RESULT);
});

test.for(['staged', 'activated', 'installing'] as const)(
  'a bundle that cannot be activated, since another node has brought it as well, is activated where it is %s',
  async (state) => {
    const client: ChannelClient = {
      async request(_peer, method, _path, options) {
        const body = options.read?.({ state }) ?? null;
        if (method === 'GET' && body !== null) return { isOk: true, body };
        return { isOk: false, isSilent: false, reason: { code: 'agent-refuses', status: 404, detail: '' } };
      },
      close: async () => undefined,
    };
    const answer = await createHttpDelivery(client).activate(
      { name: 'web2' } as ClusterNode,
      { id: 'a'.repeat(64), stamp: null },
      deadline(5_000),
    );
    expect(answer.isOk).toBe(state !== 'staged');
  },
);
