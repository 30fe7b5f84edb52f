import { join } from 'node:path';
import { lineageAbilitiesOf } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
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
  const layout = layoutOf(config.stateDir);
  const isShared = lineageAbilitiesOf(config).inbox === 'shared';
  return isShared ? layout.sharedOf(self.name) : layout.inbox;
}
