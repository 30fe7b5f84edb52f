import { setImmediate as aTurn } from 'node:timers/promises';
import { onTestFinished, vi } from 'vitest';
import { serveAgent } from '../../support/cluster/agent-server.ts';
import { ask } from '../../support/cluster/raw-channel.ts';
import { expect, test } from '../../support/temporary.ts';

test('a stateDir that hangs holds one thread, however many nodes ask for what it has', async ({
  directory,
}) => {
  const calls: (() => void)[] = [];
  const slow = async () => await new Promise<never[]>((resolve) => void calls.push(() => resolve([])));
  const records = { installed: slow, deletions: async () => [] };
  const agent = await serveAgent(directory, { level: 'silent', records });
  onTestFinished(agent.close);
  const paths = ['/v1/lineages', '/v1/lineages', `/v1/deliveries/${'a'.repeat(64)}`, '/v1/lineages'];
  const answers = Promise.all(paths.map(async (path) => await ask(agent, { path })));
  await vi.waitFor(() => expect(agent.asked()).toBe(paths.length), 8_000);
  await aTurn(); // for the last one to be looked at
  expect(calls).toHaveLength(1);
  for (const count of [1, 2, 3]) {
    await vi.waitFor(() => expect(calls).toHaveLength(count));
    calls[count - 1]?.();
  }
  expect((await answers).map(({ status }) => status)).toEqual([200, 200, 404, 200]);
});
