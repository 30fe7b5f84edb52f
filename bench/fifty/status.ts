import { join } from 'node:path';
import pLimit from 'p-limit';
import { createRecords } from '../../lib/state/records.ts';
import { DIST } from '../../test/support/cluster/built.ts';
import { leafIn, writeIssuerTree } from '../../test/support/lineage/bundle.ts';
import type { Issued } from '../../test/support/lineage/certificates.ts';
import { OWN_HOOKS, renewalConf } from '../../test/support/lineage/renewal-conf.ts';
import { connectionsOf } from '../../test/support/programs/connections.ts';
import { costOf, type Cost } from '../cost.ts';
import type { Fleet } from './fleet.ts';
import { range, type FleetNode } from './node.ts';

/** Nodes that write their files, and reload, at once. */
const SIDE_BY_SIDE = 4;

/** So many lineages on every node, as roll-outs would have left them, and served there. */
export async function bringLineages({ nodes, issue }: Fleet, count: number): Promise<void> {
  const limit = pLimit(SIDE_BY_SIDE);
  const lineages = await Promise.all(
    range(count).map(async (number) => {
      const name = `lineage${number}.example.test`;
      return { name, issued: await limit(async () => await issue(name)) };
    }),
  );
  const names = lineages.map(({ name }) => name);
  await Promise.all(
    nodes.map(
      async (node) =>
        await limit(async () => {
          for (const { name, issued } of lineages) await leave(node, name, issued);
          await node.serve(names);
        }),
    ),
  );
}

async function leave({ configDir, stateDir }: FleetNode, lineage: string, issued: Issued): Promise<void> {
  const conf = renewalConf({ configDir, lineage, params: OWN_HOOKS });
  await writeIssuerTree(configDir, [issued], { lineage, conf });
  const leaf = leafIn(issued.certificate);
  const record = { lineage, leaf, stamp: leaf.notBefore, number: 1, names: [lineage], from: 'n1' };
  const records = createRecords(stateDir, () => undefined);
  await records.writeInstalled({ ...record, installedAt: new Date().toISOString() });
}

const STATUS = [process.execPath, join(DIST, 'cli.js'), 'status', '--json', '--timeout', '300'];

/** `certbot-ha status --json` on the issuer, in a cluster of so many nodes. @throws where it does not see all of it */
export async function status({ issuer }: Fleet, count: number): Promise<Cost> {
  const cost = await costOf(issuer.on(STATUS), { env: issuer.env(count), codes: [0, 1] });
  const seen = JSON.parse(cost.stdout) as Seen;
  const unseen = seen.lineages.filter(({ serves }) => serves !== 'newest').length;
  const away = seen.nodes.filter(({ agent }) => agent !== 'reachable').length;
  if (unseen + away > 0)
    throw new Error(`status of ${count} nodes: ${away} nodes and ${unseen} rows not seen`);
  return cost;
}

/** The connections that it has open at once. */
export async function statusConnections({ issuer }: Fleet, count: number): Promise<number> {
  return (await connectionsOf(issuer.on(STATUS), { env: issuer.env(count) })).atOnce;
}

interface Seen {
  readonly nodes: readonly { readonly agent: string }[];
  readonly lineages: readonly { readonly serves: string | null }[];
}
