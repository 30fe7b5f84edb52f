import type { Outcome } from '../base/outcome.ts';
import type { Arrived } from '../inbox/take.ts';
import type { Entry } from '../state/journal.ts';
import { recordInstalled } from '../state/record-installed.ts';
import { stamped, type StampSource } from '../state/stamped.ts';
import { writeCombined } from '../webserver/combined.ts';
import { ended, endedBy, type Ending, type InstallOptions } from './ending.ts';
import { currentNumber, isWhole, placeHere } from './generations.ts';
import { restoreContext } from './selinux.ts';
import { switchTo } from './switch.ts';

/** What has been put in place, and its bundle. */
interface Placed {
  readonly entry: Entry;
  readonly bundle: Arrived;
}

/** The web server's test has passed, and the journal says so: from here on it only goes forward, with one reload for all. */
export async function finishAll<T extends Placed>(
  members: readonly T[],
  options: InstallOptions,
): Promise<{ readonly endings: ReadonlyMap<T, Ending>; readonly inUse: Outcome }> {
  const { webServer, limit } = options;
  const endings = new Map<T, Ending>();
  const attempt = async (member: T, step: () => Promise<void>) => {
    if (endings.has(member)) return;
    await step().catch((error: unknown) => void endings.set(member, endedBy(error)));
  };
  for (const member of members) {
    await attempt(member, async () => {
      // At once: whoever is killed in the middle of a reload, and loses the bundle, still has the stamp.
      await recordArrived(member.bundle, options);
    });
  }
  const inUse = await webServer.reload(limit);
  for (const member of members) {
    await attempt(member, async () => {
      await settle(member.entry, options);
      await conclude(member.entry, options);
      endings.set(member, inUse.isOk ? ended('installed') : ended('not reloaded', [inUse.reason]));
    });
  }
  return { endings, inUse };
}

/** The same for what an installer that was killed had tested. */
export async function finishOne(entry: Entry, bundle: Arrived, options: InstallOptions): Promise<Ending> {
  const member = { entry, bundle };
  const { endings } = await finishAll([member], options);
  return endings.get(member) ?? ended('installed');
}

/** The web server's test fails, and not because of it: it stays, and whoever tests next has it in use. */
export async function leaveInPlace(entry: Entry, bundle: Arrived, options: InstallOptions): Promise<void> {
  // First: whoever is killed now finds it in place, and tests again.
  await conclude(entry, options);
  await recordArrived(bundle, options);
}

/** It is over, and what was accepted for it is made. */
export async function conclude(
  { lineage }: Entry,
  { state: { journal, accepted } }: Pick<InstallOptions, 'state'>,
): Promise<void> {
  await accepted.clear(lineage);
  await journal.clear(lineage);
}

/** Writes down what is in place now, with the stamp that it has come with or is known by here. */
export async function recordArrived(
  bundle: Arrived,
  { certificates: { configDir }, state: { records }, now }: InstallOptions,
): Promise<void> {
  const own = await records.installedOf(bundle.manifest.lineage);
  // Without a stamp it would count as older than the stamped one that it has replaced.
  const isUnstamped = bundle.stamp === null && own?.stamp !== undefined;
  const known = { own, peers: isUnstamped ? [] : [sourceOf(bundle)], now: now() };
  const { stamp, isSet } = stamped(bundle.manifest.leaf, known);
  await recordInstalled(bundle, isSet ? stamp : null, { records, configDir, now: now() });
}

/** What a bundle says of its own stamp, as a record would. */
export function sourceOf({ manifest: { leaf }, stamp }: Arrived): StampSource {
  return stamp === null ? { leaf } : { leaf, stamp };
}

/**
 * Ends what an earlier version has begun, which gave the generation the number of its issuer in the end and
 * removed all others: where some links lead to that number already, all lead to one again. Nothing is removed.
 */
export async function settle(
  { lineage, next, settleAs }: Entry,
  { certificates: { configDir }, webServer }: InstallOptions,
): Promise<void> {
  if (settleAs === null) return;
  const place = await placeHere(configDir, lineage);
  const current = await currentNumber(place);
  if ((current !== next && current !== settleAs) || !(await isWhole(place, next))) return;
  await switchTo(place, next);
  await writeCombined(webServer, place.live);
  await restoreContext(configDir);
}
