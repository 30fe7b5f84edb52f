import type { Cluster } from '../cluster/cluster.ts';
import { wordsOf } from '../findings/words.ts';

/** Why nothing of challenges is looked at on a node that waits for the webroot to be mounted. */
export function onStandby({ config, self }: Pick<Cluster, 'config' | 'self'>): string {
  return wordsOf({ code: 'webroot-on-standby', directory: self.webroot, vips: config.vips });
}
