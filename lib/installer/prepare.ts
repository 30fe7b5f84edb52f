import type { RenewalData } from '../certbot/renewal-data.ts';
import type { Arrived } from '../inbox/take.ts';
import { checkBundle } from '../lineage/check-bundle.ts';
import { currentGeneration } from '../lineage/current.ts';
import { compareAge } from '../lineage/generation.ts';
import { isAhead } from '../lineage/stamp.ts';
import { isDamaged, type Entry } from '../state/journal.ts';
import { stamped } from '../state/stamped.ts';
import { beforeEntry, beforeNow } from './before.ts';
import { endedByDeletion } from './deleted.ts';
import { ended, endedDamaged, type Ending, type InstallOptions } from './ending.ts';
import { finishOne, recordArrived, sourceOf } from './finish.ts';
import { currentNumber, placeHere, strangeIn } from './generations.ts';
import { numberFor } from './place.ts';
import type { Member } from './put-in-place.ts';
import { restoreAccount } from './renewal-files.ts';
import { refusalOf, type Proposal } from './refuse-changes.ts';
import { tidy } from './switch.ts';
import { leaveWhole, undo } from './undo.ts';

/**
 * What is to be done with a bundle:
 * - `ended`: nothing more, or no more than its ACME account was lacking
 * - `again`: it is in place already, and is asked for again: perhaps because the web server does not serve it
 * - `new`: it is to be put in place
 */
export type Prepared =
  | { readonly kind: 'ended'; readonly ending: Ending }
  | { readonly kind: 'again' }
  | { readonly kind: 'new'; readonly member: Member };

/** Checks a bundle against what is here, and begins its installation, or goes on with what an installer that was killed has begun. */
export async function prepare(id: string, bundle: Arrived, options: InstallOptions): Promise<Prepared> {
  const { configDir, mode } = options.certificates;
  const { lineage: name, from } = bundle.manifest;
  // Whatever is in the inbox has come from another node, and each node has its own lineages then.
  if (mode === 'per-node') return refused([{ code: 'not-shared', lineage: name, from }]);
  const { unknown } = await beforeNow(configDir, name, options.state.records);
  // Nothing can be written in the place of a directory, and nothing is begun that could not be ended.
  if (unknown?.code === 'file-unreadable') return ending(ended('failed', [unknown]));
  const checked = await checkBundle(bundle, options.now());
  if ('problems' in checked) return refused(checked.problems);
  const strange = await strangeIn(await placeHere(configDir, name));
  if (strange.length > 0) return refused(strange);

  const proposal = { ...checked, name };
  const begun = await options.state.journal.read(name);
  if (begun !== null && isDamaged(begun)) return ending(endedDamaged(begun));
  if (begun?.id === id && begun.phase === 'placing') return await goOn(begun, bundle, proposal, options);
  if (begun?.id === id && begun.phase === 'accepted') return ending(await finishOne(begun, bundle, options));
  // What was being taken back is tried anew: why it was is seen once more.
  if (begun?.id === id) await undo(begun, options);
  else if (begun !== null) await leaveWhole(begun, options);
  return (
    (await unlessNewer(bundle, proposal.data, options)) ?? (await beginNew(id, bundle, proposal, options))
  );
}

/** A bundle is known by its certificate: what has come with the same one may be another's configuration. */
async function goOn(
  begun: Entry,
  bundle: Arrived,
  proposal: Omit<Proposal, 'before'>,
  options: InstallOptions,
): Promise<Prepared> {
  const place = await placeHere(options.certificates.configDir, begun.lineage);
  const before = await beforeEntry(begun, place, options.state.records);
  // It may have been deleted since.
  const gone = await endedByDeletion(bundle, options);
  const refusal = gone ?? (await refusalOf({ ...proposal, before }, options));
  if (refusal === null) return { kind: 'new', member: { entry: begun, bundle, data: proposal.data } };
  await leaveWhole(begun, options);
  return ending(refusal);
}

async function beginNew(
  id: string,
  bundle: Arrived,
  proposal: Omit<Proposal, 'before'>,
  options: InstallOptions,
): Promise<Prepared> {
  const before = await beforeNow(options.certificates.configDir, proposal.name, options.state.records);
  const refusal = await refusalOf({ ...proposal, before }, options);
  if (refusal !== null) return ending(refusal);
  const entry = await begin(id, bundle, before.conf, options);
  return { kind: 'new', member: { entry, bundle, data: proposal.data } };
}

function ending(end: Ending): Prepared {
  return { kind: 'ended', ending: end };
}

function refused(findings: Parameters<typeof ended>[1]): Prepared {
  return ending(ended('refused', findings));
}

/** Null when the bundle is newer than what is here, or nothing is. */
async function unlessNewer(
  bundle: Arrived,
  data: RenewalData,
  options: InstallOptions,
): Promise<Prepared | null> {
  const { lineage, leaf } = bundle.manifest;
  const { certificates, state } = options;
  const now = options.now();
  if (bundle.stamp !== null && isAhead(bundle.stamp, now)) {
    const { stamp } = bundle;
    return refused([{ code: 'stamp-ahead', lineage, stamp, here: now.toISOString() }]);
  }
  const gone = await endedByDeletion(bundle, options);
  if (gone !== null) return ending(gone);
  const here = await currentGeneration(certificates.configDir, lineage);
  if (here === null) return null;
  if (here.sha256 === leaf.sha256) {
    const known = await state.records.installedOf(lineage);
    await restoreAccount(certificates.configDir, bundle, data);
    await recordArrived(bundle, options);
    const isBack = known?.lacksAccount !== undefined && (await isAccountBack(lineage, options));
    return isBack ? ending(ended('unchanged')) : { kind: 'again' };
  }
  const own = await state.records.installedOf(lineage);
  const before = stamped(here, { own, peers: [], now });
  // Refused would be said of the bundle, and stop the roll-out: this node alone has something newer.
  if (before.isNew && before.isSet) return ending(ended('failed', [{ code: 'issued-meanwhile', lineage }]));
  const arrived = stamped(leaf, { own, peers: [sourceOf(bundle)], now });
  if (compareAge(arrived, before) > 0) return null;
  // A node of a version without stamps may have issued it a moment ago: what nobody here has had, its dates decide.
  const isLater = Date.parse(leaf.notBefore) > Date.parse(here.notBefore);
  if (!arrived.isSet && before.isSet && isLater) return null;
  const { stamp } = arrived;
  return refused([{ code: 'older-than-installed', lineage, stamp, here: before.stamp }]);
}

/** Whether no more than its account was lacking, which no web server reads. One that has not reloaded is asked to once more. */
async function isAccountBack(lineage: string, { state }: InstallOptions): Promise<boolean> {
  const record = await state.records.installedOf(lineage);
  if (record?.lacksAccount !== undefined) return false;
  const last = await state.results.lastOf(lineage);
  return last === null || last.state === 'installed' || last.state === 'unchanged';
}

async function begin(
  id: string,
  bundle: Arrived,
  conf: string | null,
  { certificates }: InstallOptions,
): Promise<Entry> {
  const { lineage } = bundle.manifest;
  const place = await placeHere(certificates.configDir, lineage);
  await tidy(place);
  const next = await numberFor(place, bundle);
  const previous = await currentNumber(place);
  return { lineage, id, previous, next, settleAs: null, conf, phase: 'placing' };
}
