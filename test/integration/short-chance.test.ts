// @module-tag slow
import { describe, onTestFinished } from 'vitest';
import { createChannelClient } from '../../lib/channel/client.ts';
import { createSilentNodes } from '../../lib/state/silent-nodes.ts';
import { deadline } from '../../lib/system/deadline.ts';
import { serveAgent } from '../support/cluster/agent-server.ts';
import { newKey } from '../support/cluster/raw-channel.ts';
import { deaf } from '../support/programs/deaf-server.ts';
import { getentIs } from '../support/programs/getent.ts';
import { expect, test } from '../support/temporary.ts';

/** Asks the agent of a node that is known for its silence, and tells how long that took. */
async function askSilent(
  directory: string,
  node: { readonly address: string; readonly port: number },
  key = newKey(),
) {
  const { address, port } = node;
  const known = createSilentNodes(directory);
  known.saw(address, true);
  await known.save();
  const client = createChannelClient('web1', { first: key, all: [key] }, createSilentNodes(directory));
  const asked = {
    ...{ name: 'web2', address, agentPort: port, isDrained: false },
    ...{ webroot: '/', httpPort: 80, httpsPort: 443 },
  };
  const startedMs = performance.now();
  const answer = await client.request(asked, 'GET', '/v1/nothing', { signal: deadline(20_000) });
  const tookMs = performance.now() - startedMs;
  await client.close();
  return { answer, tookMs, isKnown: (await createSilentNodes(directory).silentAt(address)) !== null };
}

describe('a node that was silent a moment ago', () => {
  test('and whose name takes more than a second to be looked up answers, and is known for it no more', async ({
    directory,
  }) => {
    const key = newKey();
    const agent = await serveAgent(directory, { key });
    onTestFinished(async () => await agent.close());
    await getentIs(directory, 'sleep 1.2; echo 127.0.0.1 STREAM');
    const { answer, isKnown } = await askSilent(directory, { ...agent, address: 'web2.test' }, key);
    expect(answer).toMatchObject({ isOk: false, isSilent: false, reason: { code: 'agent-refuses' } });
    expect(isKnown).toBe(false);
  });

  test('and whose name no look-up finds costs 2 s or so, and neither what everybody gets nor what an address does', async ({
    directory,
  }) => {
    await getentIs(directory, 'exec sleep 20');
    const { answer, tookMs } = await askSilent(directory, { address: 'web2.test', port: 9 });
    const reason = { code: 'short-chance', who: 'agent', port: 9 };
    expect(answer).toMatchObject({ isOk: false, isSilent: true, reason });
    expect(tookMs).toBeGreaterThanOrEqual(1_900);
    expect(tookMs).toBeLessThan(4_000);
  });

  test.for(['address', 'name'])(
    'costs far less by its %s where that is known at once',
    async (by, { directory }) => {
      const server = await deaf('127.0.0.1');
      onTestFinished(async () => await server.kill());
      await getentIs(directory, 'echo 127.0.0.1 STREAM');
      const address = by === 'name' ? 'web2.test' : '127.0.0.1';
      const { answer, tookMs } = await askSilent(directory, { address, port: server.port });
      expect(answer).toMatchObject({ isOk: false, isSilent: true, reason: { code: 'short-chance' } });
      expect(tookMs).toBeLessThan(1_500);
    },
  );
});
