import { challengeAbilitiesOf } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { createWebroot, type Webroot } from './webroot.ts';

/** The webroot of the node that this is. */
export function webrootOf({ config, self }: Pick<Cluster, 'config' | 'self'>): Webroot {
  return createWebroot(self.webroot, { isShared: challengeAbilitiesOf(config).isWebrootShared });
}

/** Whether this node writes responses for its own web server: one that is drained does where the others' come from there. */
export function isWrittenHere({ config, self }: Pick<Cluster, 'config' | 'self'>): boolean {
  return !self.isDrained || challengeAbilitiesOf(config).source === 'webroot';
}
