import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MANIFEST, MARKERS } from '../bundle/layout.ts';
import { serialise } from '../bundle/staging.ts';
import type { Config } from '../config/config.ts';
import { createCarry, type Place } from '../transport/rsync-run.ts';
import type { Delivery } from './delivery.ts';

/**
 * By rsync over ssh, into the peer's inbox; the marker comes last, in a run of its own. A key forced
 * onto the webroot cannot write there and one forced onto the inbox cannot write tokens, so the inbox
 * may have a key of its own: rsync.identityFile with `.inbox` behind it, where that is there.
 */
export function createRsyncDelivery(config: Pick<Config, 'rsync' | 'stateDir'>): Delivery {
  const own = `${config.rsync.identityFile}.inbox`;
  const carry = createCarry(config, existsSync(own) ? own : undefined);
  // Below directories which only an inbox has: a key forced onto a webroot fails there instead of
  // laying a private key where a web server could find it.
  const placeOf = (below: string): Place => ({ root: join(config.stateDir, 'inbox'), below });
  const chmod = 'D0700,F0600';

  return {
    confirms: false,
    stage: async (peer, bundle, signal) => {
      const { manifest, files } = serialise(bundle);
      const all = { ...files, [MANIFEST]: manifest };
      return await carry(
        peer,
        {
          place: placeOf(join('bundles', bundle.manifest.leaf.sha256)),
          files: all,
          chmod,
          isOwnDirectory: true,
        },
        signal,
      );
    },
    activate: async (peer, id, signal) =>
      await carry(peer, { place: placeOf(MARKERS), files: { [id]: '' }, chmod }, signal),
    // rsync only carries; what became of the bundle the gate will see.
    result: async () => null,
  };
}
