// @module-tag slow
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createChannelClient } from '../../lib/channel/client.ts';
import { readKeyFile } from '../../lib/channel/key-file.ts';
import { STATUS } from '../../lib/channel/protocol.ts';
import type { ClusterNode } from '../../lib/cluster/config.ts';
import { DIST } from '../support/cluster/built.ts';
import { expect, test } from '../support/cluster/cluster.ts';
import { start } from '../support/programs/program.ts';

/** V8 would optimize what answers after some hundred. */
const REQUESTS = 1_000;

test(
  'an agent that is asked much keeps none of the memory that V8 takes to optimize it',
  { timeout: 120_000 },
  async ({ cluster }) => {
    const [web1] = cluster.nodes;
    const agent = start([process.execPath, '--trace-opt', join(DIST, 'cli.js'), 'agent'], {
      env: cluster.envOf(web1),
    });
    onTestFinished(async () => await agent.kill());
    await agent.says(/"msg":"listening"/);
    const client = createChannelClient('web2', readKeyFile(cluster.keyFile));
    onTestFinished(client.close);
    const node = { ...web1, agentPort: cluster.agentPort } as unknown as ClusterNode;
    for (let sent = 0; sent < REQUESTS; sent += 1) {
      const answer = await client.request(node, 'GET', STATUS, { signal: AbortSignal.timeout(10_000) });
      expect(answer.isOk).toBe(true);
    }
    expect(agent.stdout()).not.toMatch(/^\[(?:marking|compiling|completed optimizing)/m);
  },
);
