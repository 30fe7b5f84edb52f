import { join } from 'node:path';
import { DIST } from '../../test/support/cluster/built.ts';
import type { Issued } from '../../test/support/lineage/certificates.ts';
import { writeIssuerTree } from '../../test/support/lineage/bundle.ts';
import { OWN_HOOKS, renewalConf } from '../../test/support/lineage/renewal-conf.ts';
import { costOf, type Cost } from '../cost.ts';
import type { Fleet } from './fleet.ts';

const LINEAGE = 'rolled.example.test';

/** Renews a lineage on the issuer, and tells what its deploy hook takes in a cluster of so many nodes. */
export type RollOut = (count: number) => Promise<Cost>;

/** A lineage that every node has and serves. */
export async function openRollOut({ nodes, issuer, issue }: Fleet): Promise<RollOut> {
  const { configDir } = issuer;
  const generations: Issued[] = [];
  const rollOut: RollOut = async (count) => {
    generations.push(await issue(LINEAGE));
    const conf = renewalConf({ configDir, lineage: LINEAGE, params: OWN_HOOKS });
    const live = await writeIssuerTree(configDir, generations, { lineage: LINEAGE, conf });
    const env = { ...issuer.env(count), RENEWED_LINEAGE: live, RENEWED_DOMAINS: LINEAGE };
    return await costOf(issuer.on([process.execPath, join(DIST, 'hooks/deploy.js')]), { env });
  };
  await rollOut(nodes.length);
  for (const node of nodes) await node.serve([LINEAGE]);
  return rollOut;
}
