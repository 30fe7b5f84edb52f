// @module-tag slow
import { describe } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import type { AgentProcess } from '../support/cluster/agent-process.ts';
import { buildEarlier, EARLIER } from '../support/cluster/earlier-version.ts';
import { expect, NAME, test, type PairNode } from '../support/cluster/pair.ts';
import { leafIn } from '../support/lineage/bundle.ts';
import type { Issued } from '../support/lineage/certificates.ts';
import type { Running } from '../support/programs/program.ts';

const DAY_MS = 86_400_000;

interface Services {
  readonly agent: AgentProcess;
  readonly installer: Running;
}

/** The node's services, of this version from now on; null: of the one under test. */
async function runs(node: PairNode, dist: string | null, before?: Services): Promise<Services> {
  await before?.agent.close();
  await before?.installer.kill();
  node.setVersion(dist);
  return { agent: await node.startAgent(), installer: await node.startInstaller() };
}

/** certbot has renewed on a node, and its deploy hook brings it to the other one. */
async function renewed(from: PairNode, to: PairNode, all: readonly Issued[]): Promise<void> {
  await from.letRollOutsEnd();
  await from.holds(NAME, ...all);
  const { stdout, stderr } = await from.deployHook(NAME);
  const wanted = leafIn(all.at(-1)?.certificate ?? '').sha256;
  await eventually(async () => (await to.leaf(NAME).catch(() => '')) === wanted, {
    timeoutMs: 20_000,
    what: `${to.name} to have what ${from.name} has issued:\n${stdout}${stderr}`,
  });
}

describe('a cluster is upgraded node by node, renews in the middle, and goes back', () => {
  test.for(EARLIER)(
    'from %s',
    { timeout: 180_000 },
    async (commit, { pair: { web1, web2 }, ca, directory, skip }) => {
      const earlier = await buildEarlier(commit, directory);
      if ('reason' in earlier) {
        console.warn(`skipped: an upgrade from ${commit}: ${earlier.reason}`);
        return skip(earlier.reason);
      }
      const issued: Issued[] = [];
      for (let age = 5; age > 0; age -= 1)
        issued.push(await ca.issue([NAME], { notBefore: new Date(Date.now() - age * DAY_MS) }));
      const first = await runs(web1, earlier.dist);
      const second = await runs(web2, earlier.dist);
      await renewed(web1, web2, issued.slice(0, 1));

      const firstOfNow = await runs(web1, null, first);
      await renewed(web1, web2, issued.slice(0, 2));
      await renewed(web2, web1, issued.slice(0, 3));

      const secondOfNow = await runs(web2, null, second);
      await renewed(web2, web1, issued.slice(0, 4));
      for (const node of [web1, web2]) {
        await node.letRollOutsEnd();
        expect(await node.command('sync')).toMatchObject({ code: 0, stderr: '' });
      }

      const back = await runs(web1, earlier.dist, firstOfNow);
      await renewed(web1, web2, issued);
      for (const { agent, installer } of [back, secondOfNow]) {
        expect(installer.stdout()).not.toMatch(/refused|failed/);
        expect(agent.log().filter(({ level }) => level === 'error')).toEqual([]);
      }
    },
  );
});
