// @module-tag slow
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { onTestFinished } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import type { AgentProcess } from '../support/cluster/agent-process.ts';
import { expect, test } from '../support/cluster/cluster.ts';

const WINDOW_MS = 15_000;

/** How often the threads of a process have given up their core by themselves, which is how often they have been woken. */
async function wokenOf({ program }: AgentProcess): Promise<number> {
  const tasks = `/proc/${program.pid}/task`;
  const counts = (await readdir(tasks)).map(
    async (task) =>
      Number(
        /^voluntary_ctxt_switches:\s+(\d+)/m.exec(await readFile(`${tasks}/${task}/status`, 'utf8'))?.[1],
      ) || 0,
  );
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

test(
  'an agent that is asked nothing sleeps, and does so again after it was asked',
  { timeout: 180_000 },
  async ({ cluster }) => {
    // Each directory above a webroot is watched: what other tests write into that for temporary files would wake the agent.
    const quiet = await mkdtemp('/var/tmp/certbot-ha-test-idle-');
    onTestFinished(async () => await rm(quiet, { recursive: true, force: true }));
    const members = cluster.nodes.map(
      ({ name, address }) =>
        [name, { address, webroot: quiet, adminListen: `${address}:${cluster.adminPort}` }] as const,
    );
    await cluster.configure({ nodes: Object.fromEntries(members) });
    const [agent] = await Promise.all(cluster.nodes.map(async (node) => await node.startAgent()));
    const sleeps = async (agentProcess: AgentProcess) => {
      const counts: { readonly atMs: number; readonly woken: number }[] = [];
      return await eventually(
        async () => {
          counts.push({ atMs: performance.now(), woken: await wokenOf(agentProcess) });
          const last = counts.at(-1);
          const first = counts.findLast(({ atMs }) => last !== undefined && last.atMs - atMs >= WINDOW_MS);
          return first === undefined || last === undefined ? Infinity : last.woken - first.woken;
        },
        { until: (woken) => woken <= 3, timeoutMs: 60_000, what: 'the agent to sleep for 15 s' },
      );
    };
    if (agent === undefined) throw new Error('no agent');
    expect(await sleeps(agent)).toBeLessThanOrEqual(3);
    const answer = await fetch(`http://${cluster.nodes[0].address}:${cluster.adminPort}/healthz`, {
      headers: { connection: 'close' },
    });
    expect(answer.status).toBe(200);
    expect(await sleeps(agent)).toBeLessThanOrEqual(3);
  },
);
