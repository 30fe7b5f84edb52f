import { join } from 'node:path';
import { abilitiesOf } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { layoutOf } from '../state/layout.ts';

/** A directory a bundle, named by its id. */
export const BUNDLES = 'bundles';
/** Where the markers lie. A directory of their own, because systemd's path unit watches one directory. */
export const MARKERS = 'activated';
/** Where the installer leaves how it ended, for a sender that has nobody to ask. */
export const RESULTS = 'results';
export const MANIFEST = 'manifest.json';

/** A bundle's answer, below an inbox. */
export function resultFile(id: string): string {
  return join(RESULTS, `${id}.json`);
}

/** A roll-out over dozens of nodes, each with its gate, may take a while; what nobody activates then goes away. */
export const MAX_BUNDLE_AGE_MS = 3_600_000;

/** Self's inbox. */
export function inboxDirectory({ config, self }: Cluster): string {
  const isShared = abilitiesOf(config).inbox === 'shared';
  return isShared ? sharedInbox(config.stateDir, self) : layoutOf(config.stateDir).inbox;
}

/**
 * A node's inbox on a shared filesystem, which is mounted at stateDir/shared; each node has a directory
 * of its own in it.
 */
export function sharedInbox(stateDir: string, { name }: Pick<ClusterNode, 'name'>): string {
  return layoutOf(stateDir).sharedOf(name);
}
