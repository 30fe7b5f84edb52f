// @module-tag slow
// @module-tag long
import { onTestFinished } from 'vitest';
import { createChannelClient, type ChannelClient } from '../../lib/channel/client.ts';
import { readKeyFile } from '../../lib/channel/key-file.ts';
import { CHALLENGES, LINEAGES, REMOVALS, STATUS } from '../../lib/channel/protocol.ts';
import type { ClusterNode } from '../../lib/cluster/config.ts';
import { makeChallenges } from '../support/cluster/challenge.ts';
import { expect, test } from '../support/cluster/cluster.ts';
import { usedBy } from '../support/cluster/used-by.ts';

/** A hundred lineages of five names, renewed or rehearsed twenty times: more than any day brings. */
const [ROUNDS, SIDE_BY_SIDE, NAMES] = [10_000, 8, 5];
/** When the code is warm. */
const WARM = 2_500;

test(
  `${ROUNDS} pushes, clean-ups and questions: the agent has the memory and the files that it had before`,
  {
    timeout: 900_000,
  },
  async ({ cluster }) => {
    const agent = await cluster.nodes[1].startAgent();
    const clients = Array.from({ length: SIDE_BY_SIDE }, () => {
      const client = createChannelClient('web1', readKeyFile(cluster.keyFile));
      onTestFinished(client.close);
      return client;
    });
    const node = { ...cluster.nodes[1], agentPort: cluster.agentPort } as unknown as ClusterNode;
    const rounds = async (count: number) =>
      await Promise.all(
        clients.map(async (client) => {
          for (let done = 0; done < count / SIDE_BY_SIDE; done += 1) await oneRound(client, node);
        }),
      );
    await rounds(WARM);
    const before = await usedBy(agent.program.pid);
    let after = before;
    // The heap breathes; what leaks does not come down again.
    for (let part = 0; part < 4; part += 1) {
      await rounds((ROUNDS - WARM) / 4);
      const now = await usedBy(agent.program.pid);
      after = part < 2 ? now : { ...now, megabytes: Math.min(now.megabytes, after.megabytes) };
    }
    console.log(`agent: ${before.megabytes} MB after ${WARM} rounds, ${after.megabytes} MB after ${ROUNDS}`);
    expect(after.megabytes - before.megabytes).toBeLessThan(10);
    expect(after.files).toBeLessThanOrEqual(before.files + 2);
    expect(await cluster.nodes[1].tokens()).toEqual([]);
  },
);

async function oneRound(client: ChannelClient, node: ClusterNode): Promise<void> {
  const challenges = makeChallenges(NAMES).map(({ token, keyAuthorization }) => ({
    token,
    keyAuthorization,
  }));
  const signal = AbortSignal.timeout(30_000);
  const answers = [
    await client.request(node, 'PUT', CHALLENGES, { signal, body: { challenges } }),
    await client.request(node, 'GET', STATUS, { signal }),
    await client.request(node, 'POST', REMOVALS, {
      signal,
      body: { tokens: challenges.map(({ token }) => token) },
    }),
    await client.request(node, 'GET', LINEAGES, { signal }),
  ];
  expect(answers.map(({ isOk }) => isOk)).toEqual([true, true, true, true]);
}
