import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { NewEvent } from '../../../lib/state/event.ts';
import { serveAgent } from '../../support/cluster/agent-server.ts';
import { makeChallenges } from '../../support/cluster/challenge.ts';
import { askJson } from '../../support/cluster/raw-channel.ts';
import { createWebroot } from '../../../lib/challenge/webroot.ts';
import { expect, test } from '../../support/temporary.ts';

test('a peer in a loop leaves room for the events of others', async ({ directory }) => {
  const written: NewEvent[] = [];
  let peer = 'web1';
  await mkdir(join(directory, 'webroot'));
  const webroot = createWebroot(join(directory, 'webroot'));
  await webroot.check();
  const agent = await serveAgent(directory, {
    ...{ webroot, level: 'silent', nameOf: () => peer },
    events: { write: async (...events) => void written.push(...events) },
  });
  onTestFinished(agent.close);
  const challenges = makeChallenges(1).map(({ token, keyAuthorization }) => ({ token, keyAuthorization }));
  const tokens = challenges.map(({ token }) => token);
  for (let n = 0; n < 35; n += 1) {
    await askJson(agent, 'PUT', '/v1/challenges', { challenges });
    await askJson(agent, 'POST', '/v1/challenges/removals', { tokens });
  }
  expect(written).toHaveLength(60);
  peer = 'web3';
  await askJson(agent, 'PUT', '/v1/challenges', { challenges });
  expect(written.slice(60)).toMatchObject([{ event: 'challenge-received', peer: 'web3', outcome: 'ok' }]);
});
