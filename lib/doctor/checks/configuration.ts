import { counted } from '../../base/counted.ts';
import { adminPlaceOf } from '../../cluster/admin-place.ts';
import { wordsOfTransports } from '../../cluster/abilities.ts';
import { isLoopbackPlace } from '../../cluster/listen-place.ts';
import { complaint, judged, type Check } from '../check.ts';

/** It has been read, or no check would be made: where it cannot be, that is told in its place. */
export const configuration: Check = {
  name: 'configuration',
  run: async ({ cluster }) => {
    const { config, self } = cluster;
    const place = adminPlaceOf(cluster);
    const isOpen = place !== null && !isLoopbackPlace(place);
    const found = isOpen ? [{ code: 'admin-open', address: place.host, port: place.port } as const] : [];
    return await Promise.resolve(
      judged(
        found.map((one) => complaint('warn', one, { config })),
        `${config.file}: ${counted(config.nodes.length, 'node')}, ${counted(config.vips.length, 'VIP')}, ` +
          `transport ${wordsOfTransports(config.transport)}; this node is ${self.name}`,
      ),
    );
  },
};
