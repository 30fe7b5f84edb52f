import { CHALLENGE_TRANSPORTS } from '../../cluster/abilities.ts';
import { TOKENS_BELOW_WEBROOT } from '../../challenge/challenge.ts';
import type { Config } from '../../cluster/config.ts';
import { createCarry } from './carry.ts';
import { createLink, type Place } from './link.ts';
import type { Transport } from '../transport.ts';

/**
 * Carries tokens by rsync over ssh, one rsync a peer for a whole batch. Exactly the listed files
 * are sent or, with an empty source and --delete-missing-args, removed; nothing else on the peer
 * is looked at. The peer's authorized_keys may force rrsync onto the webroot.
 */
export function createRsyncTransport(config: Pick<Config, 'rsync' | 'stateDir'>): Transport {
  const carry = createCarry(config, createLink(config, config.rsync.identityFile));
  const placeOn = (webroot: string): Place => ({ root: webroot, below: TOKENS_BELOW_WEBROOT });

  return {
    name: 'rsync',
    abilities: CHALLENGE_TRANSPORTS.rsync,
    present: async (peer, challenges, signal) => {
      const files = Object.fromEntries(
        challenges.map(({ token, keyAuthorization }) => [token, keyAuthorization]),
      );
      // Readable for the web server.
      return await carry(peer, { place: placeOn(peer.webroot), files, chmod: 'F0644' }, signal);
    },
    cleanUp: async (peer, tokens, signal) =>
      await carry(peer, { place: placeOn(peer.webroot), files: {}, remove: tokens, chmod: 'F0644' }, signal),
    close: async () => undefined,
  };
}
