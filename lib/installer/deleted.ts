import type { Arrived } from '../inbox/take.ts';
import { goneHere, type Gone } from '../lineage/by-hand.ts';
import { isGone, knownOf } from '../state/stamped.ts';
import { ended, type Ending, type InstallOptions } from './ending.ts';
import { sourceOf } from './finish.ts';

type Options = Pick<InstallOptions, 'certificates' | 'state'>;

/** Reads all records when it is first asked, and no more. */
export function goneOnce(options: Options): () => Promise<Gone> {
  let reading: Promise<Gone> | null = null;
  return async () => await (reading ??= goneNow(options));
}

async function goneNow({ certificates: { configDir }, state: { records } }: Options): Promise<Gone> {
  return await goneHere(configDir, await records.installed(), await records.hasList());
}

/** Null unless the lineage was deleted before: on every node, or on this one alone. */
export async function endedByDeletion(bundle: Arrived, options: InstallOptions): Promise<Ending | null> {
  const {
    state: { records },
    now,
    gone = async () => await goneNow(options),
  } = options;
  const { lineage, leaf } = bundle.manifest;
  const known = await knownOf(lineage, { records, peers: [sourceOf(bundle)], now: now() });
  if (known.deletion !== null && isGone(leaf, known)) {
    const { stamp, from } = known.deletion;
    return ended('refused', [{ code: 'lineage-deleted', lineage, stamp, from }]);
  }
  if ((await records.installedOf(lineage)) === null) return null;
  const { byHand, lost } = await gone();
  // Refused would be said of the bundle, and stop the roll-out: the other nodes may have it.
  if (byHand.includes(lineage)) return ended('failed', [{ code: 'deleted-by-hand', lineage }]);
  // All at once: the last of them that comes back must not look like one that a hand has deleted.
  if (lost.includes(lineage)) for (const one of lost) await records.forget(one);
  return null;
}
