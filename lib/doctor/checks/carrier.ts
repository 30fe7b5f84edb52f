import type { FindingCode } from '../../findings/register.ts';
import { lookAtCarrier } from '../../transports/look.ts';
import { complaint, judged, skipped, type Check } from '../check.ts';

/** A node that is off for now, and what does not keep a token from arriving. */
const LESS: ReadonlySet<FindingCode> = new Set([
  'syncthing-device-away',
  'syncthing-device-behind',
  'syncthing-folder-keeps',
  'syncthing-folder-narrow',
  'syncthing-folder-versions',
]);

/** The program of this node that carries challenges runs, and shares the webroot. Whether with the right devices it cannot know: it has no names of nodes. */
export const carrier: Check = {
  name: 'carrier',
  isFor: (cluster) => lookAtCarrier(cluster) !== null,
  run: async ({ cluster, signal }) => {
    const { config } = cluster;
    const look = lookAtCarrier(cluster);
    if (look === null) return skipped('no program of its own carries challenges');
    const found = await look(signal);
    return judged(
      found.map((one) => complaint(LESS.has(one.code) ? 'warn' : 'fail', one, { config })),
      `${config.transport.challenges}: the webroot is shared, and the devices that share it are connected`,
    );
  },
};
