import { findingsOf } from '../base/errors.ts';
import { readBundle, type Inbox } from '../inbox/take.ts';
import type { InstallResult } from '../state/results.ts';
import { LIMITS } from '../system/limits.ts';
import { timeLimit } from '../system/time-limit.ts';
import { testAndReload } from '../webserver/tested.ts';
import type { WebServer } from '../webserver/web-server.ts';
import type { Config } from '../cluster/config.ts';
import { isDeletion } from '../lineage/deletion.ts';
import { goneOnce } from './deleted.ts';
import { installDeletion } from './install-deletion.ts';
import { ended, endedBy, INTERRUPTED, type Ending, type InstallOptions } from './ending.ts';
import { endBegun, type Begun } from './interrupted.ts';
import { prepare } from './prepare.ts';
import type { Member } from './put-in-place.ts';
import { installTogether } from './together.ts';

/** All of them are in memory at once, and what was put in place is put back as one. */
const MAX_TOGETHER = 20;
/** Reading takes milliseconds, unless somebody swaps what is read; what is not read by then waits for the next round. */
const READ_MS = LIMITS.roundMs - LIMITS.beginMs;

export interface RoundOptions extends Omit<InstallOptions, 'webServer'> {
  readonly inbox: Inbox;
  readonly config: Pick<Config, 'stateDir' | 'certificates'>;
  readonly begun: Begun;
  /** something has ended under this lock before it */
  readonly hasEnded: boolean;
  /** Leaves how it ended, and takes the bundle out of the inbox. */
  readonly conclude: (result: InstallResult) => Promise<void>;
  /** told of what should not have been thrown; its bundle has ended like any other */
  readonly onBug: (error: unknown) => void;
}

interface Bundle {
  readonly id: string;
  readonly lineage: string | null;
}

/** Bundles that are in the round. */
interface Round {
  readonly members: Map<Member, Bundle>;
  /** in place already */
  readonly again: Bundle[];
  readonly lineages: Set<string>;
  /** Something has ended under this lock: it may have used the time, and the next turn has less to do. */
  hasEnded: boolean;
  /** what serves them all; null as long as nothing has begun */
  webServer: WebServer | null;
}

/**
 * Installs bundles together, each of another lineage and all for one web server, and concludes each.
 * @returns the ids that have to wait for the next round
 */
export async function installRound(ids: readonly string[], given: RoundOptions): Promise<readonly string[]> {
  const options = { ...given, gone: goneOnce(given) };
  const { hasEnded } = given;
  const round: Round = { members: new Map(), again: [], lineages: new Set(), hasEnded, webServer: null };
  // Once it is, it stays so. Where nothing has ended there is no better turn to come.
  const isLate = () => round.hasEnded && options.limit.leftMs() < LIMITS.beginMs;
  const later: string[] = [];
  const reading = timeLimit(READ_MS);
  for (const [index, id] of ids.entries()) {
    // The first is begun in any case, or nothing would ever be.
    const isFull = round.members.size >= MAX_TOGETHER || (index > 0 && reading.leftMs() === 0);
    if (!isFull && !isLate() && (await begin(id, round, options))) continue;
    later.push(id);
    if (!isLate() && (await endBegunOf(id, options)) !== null) round.hasEnded = true;
  }
  const { members, again, webServer } = round;
  if (webServer === null) return later;
  // Nothing of them is in place yet, and their tests would be cut off.
  if (isLate()) {
    const waiting = new Set([...later, ...[...members.values(), ...again].map(({ id }) => id)]);
    return ids.filter((id) => waiting.has(id));
  }
  const own = { ...options, webServer };
  const { endings, inUse } = await installTogether([...members.keys()], own).catch((error: unknown) => {
    const end = endOf(error, options);
    return { endings: new Map([...members.keys()].map((member) => [member, end])), inUse: null };
  });
  for (const [member, bundle] of members) {
    await concludeAs(bundle, endings.get(member) ?? ended('failed'), options);
  }
  if (again.length > 0) {
    const outcome = inUse ?? (await testAndReload(webServer, options.limit));
    const end =
      outcome.isOk || (await webServer.isStandby())
        ? ended('unchanged')
        : ended('not reloaded', [outcome.reason]);
    for (const bundle of again) await concludeAs(bundle, end, options);
  }
  return later;
}

/** False where another bundle of its lineage is in the round already, or what is for another server; and a deletion where what it tests may be in the middle of an installation. */
async function begin(id: string, round: Round, options: RoundOptions): Promise<boolean> {
  let lineage: string | null = null;
  try {
    const bundle = await readBundle(options.inbox, id);
    if (bundle === null) {
      round.hasEnded = true;
      await concludeMissing(id, options);
      return true;
    }
    const { lineage: name } = bundle.manifest;
    const webServer = options.webServerFor(name);
    if (round.lineages.has(name) || (round.webServer ?? webServer) !== webServer) return false;
    if (isDeletion(bundle) && round.members.size > 0) return false;
    lineage = name;
    if (isDeletion(bundle)) {
      round.lineages.add(name);
      round.hasEnded = true;
      await concludeAs({ id, lineage }, await installDeletion(bundle, { ...options, webServer }), options);
      return true;
    }
    // What was begun of an earlier bundle of it ends first.
    if ([...options.begun].some(([other, of]) => of === name && other !== id)) round.hasEnded = true;
    const prepared = await prepare(id, bundle, { ...options, webServer });
    if (prepared.kind === 'ended') {
      round.hasEnded = true;
      await concludeOutside({ id, lineage }, prepared.ending, options);
    } else {
      round.webServer = webServer;
      round.lineages.add(name);
      if (prepared.kind === 'again') round.again.push({ id, lineage });
      else round.members.set(prepared.member, { id, lineage });
    }
  } catch (error) {
    round.hasEnded = true;
    await concludeOutside({ id, lineage: null }, endOf(error, options), options);
  }
  return true;
}

/** Concludes a bundle that has ended without being put in place, and what an installer that was killed had begun of it. */
async function concludeOutside(bundle: Bundle, end: Ending, options: RoundOptions): Promise<void> {
  const begun = await endBegunOf(bundle.id, options);
  const lineage = bundle.lineage ?? options.begun.get(bundle.id) ?? null;
  // What had been tested stays, whatever has become of its bundle.
  const isInUse = begun?.state === 'installed' || begun?.state === 'not reloaded';
  const told = isInUse || begun === null ? end : ended(end.state, [...end.findings, INTERRUPTED]);
  await concludeAs({ ...bundle, lineage }, isInUse ? begun : told, options);
}

async function endBegunOf(id: string, options: RoundOptions): Promise<Ending | null> {
  const lineage = options.begun.get(id);
  return lineage === undefined ? null : await endBegun(id, lineage, options);
}

/** The bundle was installed, and the installer killed before it had taken the marker away, or in the middle of its work; or there was none. */
async function concludeMissing(id: string, options: RoundOptions): Promise<void> {
  const lineage = options.begun.get(id) ?? null;
  const begun = await endBegunOf(id, options);
  if (begun !== null) return await concludeAs({ id, lineage }, begun, options);
  const earlier = await options.state.results.of(id);
  if (earlier !== null) await options.conclude(earlier);
  else await concludeAs({ id, lineage }, ended('refused', [{ code: 'marker-without-bundle' }]), options);
}

/** It leaves the inbox like any other, or it would start the installer without end. */
function endOf(error: unknown, { onBug }: RoundOptions): Ending {
  try {
    return endedBy(error);
  } catch {
    onBug(error);
    return ended('failed', findingsOf(error));
  }
}

async function concludeAs(bundle: Bundle, end: Ending, { conclude, now }: RoundOptions): Promise<void> {
  await conclude({ ...bundle, ...end, at: now().toISOString() });
}
