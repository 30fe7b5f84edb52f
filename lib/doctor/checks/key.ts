import { CertbotHaError } from '../../base/errors.ts';
import { readKeyFile } from '../../channel/key-file.ts';
import { abilitiesOf, wordsOfTransports } from '../../cluster/abilities.ts';
import { typed } from '../../findings/step.ts';
import { counted } from '../../base/counted.ts';
import { complaint, judged, passed, skipped, type Check } from '../check.ts';
import { answeringPeers } from '../answering.ts';
import { fetch } from '../keys-compared.ts';

/** The key file: there, private, and nothing but keys. That every peer takes the key is seen by asking them. */
export const key: Check = {
  name: 'cluster key',
  run: async ({ cluster, agents, env }) => {
    const { config } = cluster;
    const { keyFile } = config.agent;
    try {
      return passed(`${keyFile}: ${counted(readKeyFile(keyFile).all.length, 'key')}`);
    } catch (error) {
      const isMissing = error instanceof CertbotHaError && error.findings[0]?.code === 'key-file-missing';
      if (isMissing && !abilitiesOf(config).needsKey)
        return skipped(
          `transport ${wordsOfTransports(config.transport)} needs none; without it no agent is asked`,
        );
      const [peer] = isMissing
        ? (await answeringPeers({ cluster, agents })).filter(({ isDrained }) => !isDrained)
        : [];
      if (peer === undefined) throw error;
      // A key of its own would be another one than that of the others.
      const found = { code: 'key-file-missing', file: keyFile } as const;
      return judged([complaint('fail', found, { next: typed(fetch(peer, { config, env }, '--start')) })], '');
    }
  },
};
