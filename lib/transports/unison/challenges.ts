import { inParts } from '../../base/outcome.ts';
import { CHALLENGE_TRANSPORTS } from '../../cluster/abilities.ts';
import type { ClusterNode, Config } from '../../cluster/config.ts';
import type { Transport } from '../transport.ts';
import { createUnison } from './run.ts';

/** As many names as a certificate of Let's Encrypt has. Unison's time grows faster than their number. */
const MAX_TOKENS = 100;

/**
 * One run of Unison over ssh a peer for a whole batch. It is shown the files of these tokens alone, and has the peer's become as this node's are:
 * there, or gone. So there is no conflict, and nothing else of either webroot is looked at.
 */
export function createUnisonTransport(
  config: Pick<Config, 'unison' | 'stateDir'>,
  self: Pick<ClusterNode, 'name' | 'webroot'>,
): Transport {
  const unison = createUnison(config, self);

  const carry: Transport['cleanUp'] = async (peer, tokens, signal) =>
    await inParts(tokens, MAX_TOKENS, async (part) => await unison.level(peer, part, signal));

  return {
    name: 'unison',
    abilities: CHALLENGE_TRANSPORTS.unison,
    present: async (peer, challenges, signal) =>
      await carry(
        peer,
        challenges.map(({ token }) => token),
        signal,
      ),
    cleanUp: carry,
    close: unison.close,
  };
}
