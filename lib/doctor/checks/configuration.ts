import { counted } from '../../base/counted.ts';
import { passed, type Check } from '../check.ts';

/** It has been read, or no check would be made: where it cannot be, that is told in its place. */
export const configuration: Check = {
  name: 'configuration',
  run: async ({ cluster: { config, self } }) =>
    passed(
      `${config.file}: ${counted(config.nodes.length, 'node')}, ${counted(config.vips.length, 'VIP')}, ` +
        `transport ${config.transport}; this node is ${self.name}`,
    ),
};
