import { randomBytes } from 'node:crypto';
import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { createIssuer, type Issue } from './certificates.ts';
import { AGENT_UID, createNode, range, type FleetNode } from './node.ts';
import { createWire } from './wire.ts';

/** A cluster of real nodes on one machine. The first is the issuer, and has the VIP. */
export interface Fleet {
  readonly nodes: readonly FleetNode[];
  readonly issuer: FleetNode;
  readonly issue: Issue;
}

/** Programs that start at once: more would only wait for the machine's cores. */
const STARTING = 3;

/** Makes and starts so many nodes. @param sizes of the clusters that the issuer's programs may be in */
export async function openFleet(directory: string, sizes: readonly number[]): Promise<Fleet> {
  const count = Math.max(...sizes);
  await mkdir(join(directory, 'ca'), { recursive: true });
  const keyFile = join(directory, 'cluster.key');
  await writeFile(keyFile, `${randomBytes(32).toString('hex')}\n`, { mode: 0o640 });
  await chown(keyFile, 0, AGENT_UID);
  await createWire(count);
  const limit = pLimit(STARTING);
  const nodes = await Promise.all(
    range(count).map(async (number) => await createNode(number, { directory, keyFile, sizes })),
  );
  await Promise.all(nodes.map(async (node) => await limit(async () => await node.start())));
  const [issuer] = nodes;
  if (issuer === undefined) throw new Error('a fleet without nodes');
  return { nodes, issuer, issue: await createIssuer(join(directory, 'ca')) };
}
