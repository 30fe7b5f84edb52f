import { utimes } from 'node:fs/promises';
import { describe, onTestFinished } from 'vitest';
import { layoutOf } from '../../../lib/state/layout.ts';
import { createLooked, noteLooked } from '../../../lib/state/looked.ts';
import { serveAgent, type AgentOptions } from '../../support/cluster/agent-server.ts';
import { ask } from '../../support/cluster/raw-channel.ts';
import { expect, test } from '../../support/temporary.ts';

/** What an agent with these answers of its status. */
async function statusOf(directory: string, options: AgentOptions): Promise<object> {
  const webroot = { list: async () => [] } as unknown as NonNullable<AgentOptions['webroot']>;
  const agent = await serveAgent(directory, { level: 'silent', webroot, ...options });
  onTestFinished(agent.close);
  const { status, body } = await ask(agent, { path: '/v1/status' });
  expect(status).toBe(200);
  return JSON.parse(body) as object;
}

describe('an agent tells when its node has looked at the cluster', () => {
  test('in seconds, as the file of that time says', async ({ directory }) => {
    await noteLooked(directory);
    const past = new Date(Date.now() - 90_000);
    await utimes(layoutOf(directory).looked, past, past);
    expect(await statusOf(directory, { looked: createLooked(directory) })).toMatchObject({
      lookedSecondsAgo: expect.closeTo(90, -1),
    });
  });

  test('as null where it never has', async ({ directory }) => {
    expect(await statusOf(directory, { looked: createLooked(directory) })).toMatchObject({
      lookedSecondsAgo: null,
    });
  });

  test('not at all where nobody is to be told', async ({ directory }) => {
    expect(await statusOf(directory, {})).not.toHaveProperty('lookedSecondsAgo');
  });
});
