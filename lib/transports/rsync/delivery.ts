import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { layoutOf } from '../../state/layout.ts';
import { MANIFEST, MARKERS, resultFile } from '../../inbox/layout.ts';
import { MAX_RESULT_BYTES, leftResult } from '../../inbox/answer.ts';
import { contentOfMarker, serialise } from '../../inbox/stage.ts';
import type { Config } from '../../cluster/config.ts';
import { idOfParcel } from '../../lineage/deletion.ts';
import { createCarry } from './carry.ts';
import { createFetch } from './fetch.ts';
import { createLink, type Place } from './link.ts';
import type { Delivery } from '../delivery.ts';
import { pause } from '../../system/pause.ts';

/** An ssh connection a look: seldom, once it is known to take its time. */
const FIRST_PAUSE_MS = 150;
const MAX_PAUSE_MS = 1_000;

/**
 * By rsync over ssh, into the peer's inbox; the marker comes last, in a run of its own. A key forced
 * onto the webroot cannot write there and one forced onto the inbox cannot write tokens, so the inbox
 * may have a key of its own: rsync.identityFile with `.inbox` behind it, where that is there.
 */
export function createRsyncDelivery(config: Pick<Config, 'rsync' | 'stateDir'>): Delivery {
  const own = `${config.rsync.identityFile}.inbox`;
  const link = createLink(config, existsSync(own) ? own : config.rsync.identityFile);
  const carry = createCarry(config, link);
  const fetchFiles = createFetch(config, link);
  // Below directories which only an inbox has: a key forced onto a webroot fails there instead of
  // laying a private key where a web server could find it.
  const placeOf = (below: string): Place => ({ root: layoutOf(config.stateDir).inbox, below });
  const chmod = 'D0700,F0600';

  return {
    stage: async (peer, parcel, signal) => {
      const { manifest, files } = serialise(parcel);
      const all = { ...files, [MANIFEST]: manifest };
      return await carry(
        peer,
        {
          place: placeOf(join('bundles', idOfParcel(parcel))),
          files: all,
          chmod,
          isOwnDirectory: true,
        },
        signal,
      );
    },
    activate: async (peer, { id, stamp }, signal) => {
      const files = { [id]: contentOfMarker(stamp) };
      return await carry(peer, { place: placeOf(MARKERS), files, chmod }, signal);
    },
    async result(peer, id, signal) {
      const [marker, answer] = [join(MARKERS, id), resultFile(id)];
      // The marker first: an answer that was there before it had gone may be an earlier activation's.
      const wanted = { place: placeOf(''), paths: [marker, answer], maxBytes: MAX_RESULT_BYTES };
      for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, MAX_PAUSE_MS)) {
        await pause(pauseMs, signal);
        if (signal.aborted) return null;
        const fetched = await fetchFiles(peer, wanted, signal);
        if (fetched.isOk && fetched.files[marker] === null) {
          return leftResult(id, fetched.files[answer] ?? null);
        }
        // A forced rrsync -wo: nobody may look.
        if (!fetched.isOk && !fetched.isPassing) return { state: 'unknown', reason: fetched.reason };
      }
    },
  };
}
