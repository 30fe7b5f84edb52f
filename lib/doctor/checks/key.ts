import { CertbotHaError } from '../../base/errors.ts';
import { readKeyFile } from '../../channel/key-file.ts';
import { abilitiesOf } from '../../cluster/abilities.ts';
import { counted } from '../../base/counted.ts';
import { passed, skipped, type Check } from '../check.ts';

/** The key file: there, private, and nothing but keys. That every peer takes the key is seen by asking them. */
export const key: Check = {
  name: 'cluster key',
  run: async ({ cluster: { config } }) => {
    const { keyFile } = config.agent;
    try {
      return passed(`${keyFile}: ${counted(readKeyFile(keyFile).all.length, 'key')}`);
    } catch (error) {
      const isMissing = error instanceof CertbotHaError && error.findings[0]?.code === 'key-file-missing';
      if (isMissing && !abilitiesOf(config).needsKey)
        return skipped(`transport ${config.transport} needs none; without it no agent is asked`);
      throw error;
    }
  },
};
