import { join } from 'node:path';
import { failure, OK, type Outcome } from '../../base/outcome.ts';
import { TOKENS_BELOW_WEBROOT } from '../../challenge/challenge.ts';
import { CHALLENGE_TRANSPORTS } from '../../cluster/abilities.ts';
import type { Config } from '../../cluster/config.ts';
import { createSyncthingApi } from './api.ts';
import { readApiKey } from './api-key.ts';
import { createRealPath, findFolder, type Folder } from './folder.ts';
import type { Transport } from '../transport.ts';
import { whileWanted } from '../while-wanted.ts';

/** Who asks again within this time asks for the same: the gate asks for each peer, and again after a second. */
const SAME_MS = 900;

/**
 * Has this node's Syncthing look into the challenge directory at once: it would do so by itself ten seconds after a change. One request for all
 * peers, since Syncthing brings to all devices that share the folder what it finds. Whether that has come is the gate's to see.
 * @throws {CertbotHaError} `config` for a bad file of the API key
 */
export function createSyncthingTransport(
  { syncthing }: Pick<Config, 'syncthing'>,
  webroot: string,
): Transport {
  const { url, apiKeyFile } = syncthing;
  const api = createSyncthingApi({ url, key: readApiKey(apiKeyFile), keyFile: apiKeyFile });
  const directory = join(webroot, TOKENS_BELOW_WEBROOT);
  const realPath = createRealPath();
  let folder: Folder | null = null;

  async function scan(signal: AbortSignal): Promise<Outcome> {
    if (folder === null) {
      const found = await findFolder(api, syncthing, directory, { signal, realPath });
      if (!found.isOk) return failure(found.reason);
      ({ folder } = found);
    }
    const query = new URLSearchParams({ folder: folder.id, ...(folder.below && { sub: folder.below }) });
    const answer = await api.post(`/rest/db/scan?${query.toString()}`, signal);
    if (answer.isOk) return OK;
    // It may be another one by now.
    folder = null;
    return failure(answer.reason);
  }

  const present = shared(scan);
  const cleanUp = shared(scan);
  return {
    name: 'syncthing',
    abilities: CHALLENGE_TRANSPORTS.syncthing,
    present: async (_peer, _challenges, signal) => await present(signal),
    cleanUp: async (_peer, _tokens, signal) => await cleanUp(signal),
    close: api.close,
  };
}

/** One call for all that ask at about the same time; each waits for it as long as its own signal lets it. One that has failed is made anew. */
function shared(call: (signal: AbortSignal) => Promise<Outcome>): (signal: AbortSignal) => Promise<Outcome> {
  let last: Promise<Outcome> | null = null;
  let sinceMs = 0;
  return async (signal) => {
    if (last !== null && performance.now() - sinceMs < SAME_MS) return await whileWanted(last, signal);
    const begun = call(signal);
    [last, sinceMs] = [begun, performance.now()];
    const outcome = await begun;
    if (!outcome.isOk && last === begun) last = null;
    return outcome;
  };
}
