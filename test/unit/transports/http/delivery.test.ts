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
