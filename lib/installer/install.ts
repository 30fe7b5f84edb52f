import type { RenewalData } from '../certbot/renewal-data.ts';
import { CertbotHaError } from '../base/errors.ts';
import type { Arrived } from '../inbox/take.ts';
import { checkBundle } from '../lineage/check-bundle.ts';
import { currentGeneration } from '../lineage/current.ts';
import { compareAge } from '../lineage/generation.ts';
import { isAhead } from '../lineage/stamp.ts';
import { isDamaged, type Entry } from '../state/journal.ts';
import type { InstallResult } from '../state/results.ts';
import { stamped } from '../state/stamped.ts';
import { writeCombined } from '../webserver/combined.ts';
import { testAndReload } from '../webserver/web-server.ts';
import { beforeEntry, beforeNow } from './before.ts';
import { ended, endedDamaged, INTERRUPTED, type Ending, type InstallOptions } from './ending.ts';
import { finish, recordArrived, sourceOf } from './finish.ts';
import { currentNumber, isOf, placeHere, strangeIn, type Place } from './generations.ts';
import { numberFor, writeGeneration } from './place.ts';
import { ownConf, writeRenewalFiles } from './renewal-files.ts';
import { refusalOf, type Proposal } from './review.ts';
import { restoreContext } from './selinux.ts';
import { removeGeneration, switchTo, tidy } from './switch.ts';
import { leaveWhole, takeBack } from './undo.ts';

/**
 * Installs one bundle. Run again after it was killed at any point, it finishes or undoes what it
 * had begun. One installer runs at a time.
 * @returns how it ended; nothing a bundle holds makes it throw
 */
export async function installBundle(
  id: string,
  bundle: Arrived,
  options: InstallOptions,
): Promise<InstallResult> {
  const { lineage } = bundle.manifest;
  const end = await installChecked(id, bundle, options);
  return { id, lineage, ...end, at: options.now().toISOString() };
}

async function installChecked(id: string, bundle: Arrived, options: InstallOptions): Promise<Ending> {
  const { configDir, mode } = options.certificates;
  const { lineage: name, from } = bundle.manifest;
  // Whatever is in the inbox has come from another node, and each node has its own lineages then.
  if (mode === 'per-node') {
    return ended('refused', [{ code: 'not-shared', lineage: name, from }]);
  }
  const before = await beforeNow(configDir, name, options.state.records);
  const { unknown } = before;
  // Nothing can be written in the place of a directory, and nothing is begun that could not be ended.
  if (unknown?.code === 'file-unreadable') return ended('failed', [unknown]);
  const checked = await checkBundle(bundle, options.now());
  if ('problems' in checked) return ended('refused', checked.problems);
  const strange = await strangeIn(await placeHere(configDir, name));
  if (strange.length > 0) return ended('refused', strange);

  const begun = await options.state.journal.read(name);
  if (begun !== null && isDamaged(begun)) return endedDamaged(begun);
  if (begun?.id === id) return await goOn(begun, bundle, { ...checked, name }, options);
  if (begun !== null) await leaveWhole(begun, options);
  return (
    (await endedUnlessNewer(bundle, options)) ??
    (await installNew(id, bundle, { ...checked, name, before }, options))
  );
}

/** Null when the bundle is newer than what is here, or nothing is. */
async function endedUnlessNewer(bundle: Arrived, options: InstallOptions): Promise<Ending | null> {
  const { lineage, leaf } = bundle.manifest;
  const { certificates, state } = options;
  const now = options.now();
  if (bundle.stamp !== null && isAhead(bundle.stamp, now)) {
    const { stamp } = bundle;
    return ended('refused', [{ code: 'stamp-ahead', lineage, stamp, here: now.toISOString() }]);
  }
  const here = await currentGeneration(certificates.configDir, lineage);
  if (here === null) return null;
  if (here.sha256 === leaf.sha256) {
    await recordArrived(bundle, options);
    return await reloadAgain(options);
  }
  const own = await state.records.installedOf(lineage);
  const before = stamped(here, { own, peers: [], now });
  // Refused would be said of the bundle, and stop the roll-out: this node alone has something newer.
  if (before.isNew && before.isSet) return ended('failed', [{ code: 'issued-meanwhile', lineage }]);
  const arrived = stamped(leaf, { own, peers: [sourceOf(bundle)], now });
  if (compareAge(arrived, before) > 0) return null;
  // A node of a version without stamps may have issued it a moment ago: what nobody here has had, its dates decide.
  const isLater = Date.parse(leaf.notBefore) > Date.parse(here.notBefore);
  if (!arrived.isSet && before.isSet && isLater) return null;
  const { stamp } = arrived;
  return ended('refused', [{ code: 'older-than-installed', lineage, stamp, here: before.stamp }]);
}

/** It is in place already, and is asked for again: perhaps because the web server does not serve it. */
async function reloadAgain({ webServer }: InstallOptions): Promise<Ending> {
  const outcome = await testAndReload(webServer);
  return outcome.isOk ? ended('unchanged') : ended('not reloaded', [outcome.reason]);
}

/** The installer was killed in the middle of this bundle. */
async function goOn(
  begun: Entry,
  bundle: Arrived,
  proposal: Omit<Proposal, 'before'>,
  options: InstallOptions,
): Promise<Ending> {
  switch (begun.phase) {
    case 'placing': {
      // A bundle is known by its certificate: what has come with the same one may be another's configuration.
      const place = await placeHere(options.certificates.configDir, begun.lineage);
      const before = await beforeEntry(begun, place, options.state.records);
      const refusal = await refusalOf({ ...proposal, before }, options);
      if (refusal === null) return await putInPlace(begun, bundle, proposal.data, options);
      await leaveWhole(begun, options);
      return refusal;
    }
    case 'accepted':
      return await finish(begun, bundle, options);
    case 'undoing':
      return await takeBack(begun, options, [INTERRUPTED]);
  }
}

async function installNew(
  id: string,
  bundle: Arrived,
  proposal: Proposal,
  options: InstallOptions,
): Promise<Ending> {
  const { before, data } = proposal;
  const refusal = await refusalOf(proposal, options);
  if (refusal !== null) return refusal;
  const entry = await begin(id, bundle, before.conf, options);
  await options.state.journal.write(entry);
  return await putInPlace(entry, bundle, data, options);
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

async function putInPlace(
  entry: Entry,
  bundle: Arrived,
  data: RenewalData,
  options: InstallOptions,
): Promise<Ending> {
  const {
    certificates: { configDir },
    state: { journal },
    webServer,
  } = options;
  const place = await placeHere(configDir, entry.lineage);
  await writeGeneration(place, bundle, entry.next).catch(async (error: unknown) => {
    // Somebody else has that number now; nothing is switched yet, and what is there is not ours to undo.
    if (error instanceof CertbotHaError) await journal.clear(entry.lineage);
    throw error;
  });
  if (await isOvertaken(place, entry)) return await giveWay(place, entry, options);
  await switchTo(place, entry.next);
  await writeRenewalFiles(configDir, bundle, {
    data,
    conf: ownConf(entry.conf, data, { ...place, hooks: options.hooks }),
  });
  await writeCombined(webServer, place.live);
  await restoreContext(configDir);

  const tested = await webServer.test();
  if (!tested.isOk) return await takeBack(entry, options, [tested.reason]);
  const accepted = { ...entry, phase: 'accepted' as const };
  await journal.write(accepted);
  return await finish(accepted, bundle, options);
}

/** Whether certbot has renewed it since this was begun. */
async function isOvertaken(place: Place, { previous, next }: Entry): Promise<boolean> {
  const current = await currentNumber(place);
  return current !== previous && current !== next;
}

/** What certbot has issued stays in use. Nothing is switched yet; the generation goes, or certbot would point live at it one day. */
async function giveWay(place: Place, { lineage, id, next }: Entry, options: InstallOptions): Promise<Ending> {
  if (await isOf(place, next, id)) await removeGeneration(place, next);
  await options.state.journal.clear(lineage);
  return ended('failed', [{ code: 'issued-meanwhile', lineage }]);
}
