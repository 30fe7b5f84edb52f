import { join } from 'node:path';
import { OK, type Outcome } from '../../base/outcome.ts';
import { TOKENS_BELOW_WEBROOT } from '../../challenge/challenge.ts';
import { CHALLENGE_TRANSPORTS } from '../../cluster/abilities.ts';
import type { ClusterNode, Config } from '../../cluster/config.ts';
import type { Transport } from '../transport.ts';
import { createUnison } from './run.ts';

/** As many names as a certificate of Let's Encrypt has. Unison's time grows faster than their number. */
const MAX_PATHS = 100;

/**
 * One run of Unison over ssh a peer for a whole batch. It is shown the files of these tokens alone, and has the peer's become as this node's are:
 * there, or gone. So there is no conflict, and nothing else of either webroot is looked at.
 */
export function createUnisonTransport(
  config: Pick<Config, 'unison' | 'stateDir'>,
  self: Pick<ClusterNode, 'name' | 'webroot'>,
): Transport {
  const unison = createUnison(config, self);

  async function carry(peer: ClusterNode, tokens: readonly string[], signal: AbortSignal): Promise<Outcome> {
    const paths = tokens.map((token) => join(TOKENS_BELOW_WEBROOT, token));
    for (let start = 0; start < paths.length; start += MAX_PATHS) {
      const outcome = await unison(peer, paths.slice(start, start + MAX_PATHS), signal);
      if (!outcome.isOk) return outcome;
    }
    return OK;
  }

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
    close: async () => undefined,
  };
}
