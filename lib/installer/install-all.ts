import type { Finding } from '../findings/register.ts';
import { lstat } from 'node:fs/promises';
import { CertbotHaError, hasErrorCode } from '../base/errors.ts';
import { expectedFindings } from '../base/expected.ts';
import { lineageAbilitiesOf } from '../cluster/abilities.ts';
import { unlessHangs, type Look } from '../cluster/answering.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { forgetResults, leaveResult } from '../inbox/answer.ts';
import { inboxDirectory, MAX_BUNDLE_AGE_MS } from '../inbox/layout.ts';
import { activatedIn, clearOddMarkers } from '../inbox/markers.ts';
import { discardBundle, expireStaged, inboxAt, type Inbox } from '../inbox/take.ts';
import { withInstallerLock } from '../state/installer-lock.ts';
import { layoutOf } from '../state/layout.ts';
import { explained } from '../state/state-dir.ts';
import type { InstallResult } from '../state/results.ts';
import { LIMITS } from '../system/limits.ts';
import type { LockOptions } from '../system/lock.ts';
import { pause } from '../system/pause.ts';
import { timeLimit } from '../system/time-limit.ts';
import { putBackLeft } from '../removal/apply-deletion.ts';
import { ended, type InstallOptions, type InstallReport } from './ending.ts';
import { begunBefore, endInterrupted } from './interrupted.ts';
import { installRound } from './round.ts';

export interface InboxOptions extends Omit<InstallOptions, 'certificates' | 'webServer' | 'limit'> {
  /** milliseconds for what is done under one lock, for tests; default: what its senders wait for */
  readonly roundMs?: number;
  /** whoever has started this program starts it again for what is left: false where it has to go on until nothing is */
  readonly isStartedAgain?: boolean;
  /** begins no further turn at the lock */
  readonly signal?: AbortSignal;
  /** asks the inbox's file system, which may be a mount of its own */
  readonly look?: Look;
  /** called under the lock, where a turn begins and where bundles that are installed together do */
  readonly onRound?: () => void;
}

/** Whoever waits for the lock looks at it every 250 ms. */
const BETWEEN_TURNS_MS = 500;

/**
 * Installs all bundles that have been activated, those that are there together with one test and one reload, and takes
 * each out of the inbox whatever became of it. Two installers never work at the same time. What there is no time for
 * is left for the next turn at the lock.
 * @param onReport called after each
 */
export async function processInbox(
  cluster: Cluster,
  { roundMs = LIMITS.roundMs, isStartedAgain = false, signal, look, ...options }: InboxOptions,
  onReport: (report: InstallReport) => void,
): Promise<readonly InstallReport[]> {
  const { config } = cluster;
  const notBack = await putBackLeft(config).then(
    () => [],
    (error: unknown) => expectedFindings(error),
  );
  // Of one lineage: the others are installed.
  if (notBack.length > 0) {
    const at = options.now().toISOString();
    onReport({ id: null, lineage: null, ...ended('failed', notBack), at });
  }
  const { backup } = layoutOf(config.stateDir);
  const directory = inboxDirectory(cluster);
  await unlessHangs([directory], look);
  const inbox = await findInbox(directory, backup).catch((error: unknown) => {
    throw explained(error, config.stateDir);
  });
  if (inbox === null) return [];
  const { answersBy, hasAgents } = lineageAbilitiesOf(config);
  const isAnswered = answersBy === 'inbox';
  const certificates = config.certificates;
  const all: InstallReport[] = [];
  let waiting: LockOptions = {};
  for (;;) {
    const { reports, left } = await withInstallerLock(
      config.stateDir,
      async () =>
        await installAll(
          { inbox, isAnswered, hasAgents, ...options, config, certificates, limit: timeLimit(roundMs) },
          onReport,
        ),
      waiting,
    );
    all.push(...reports);
    if (left === 0 || isStartedAgain) return all;
    await pause(BETWEEN_TURNS_MS, signal);
    if (signal?.aborted) return all;
    // Whoever has it by now may take as long as this one.
    waiting = { waitMs: LIMITS.installerMs, ...(signal && { signal }) };
  }
}

/** Null when nobody has ever sent anything. */
async function findInbox(directory: string, aside: string): Promise<Inbox | null> {
  const owner = await lstat(directory).catch((error: unknown) => {
    // A file in the place of stateDir, or of what leads there, is no sign that nobody has sent anything.
    if (hasErrorCode(error, 'ENOENT')) return null;
    throw error;
  });
  if (owner === null) return null;
  if (!owner.isDirectory())
    throw new CertbotHaError('config', { code: 'not-a-directory', directory, isRemoved: false });
  return inboxAt(directory, owner, aside);
}

interface Work extends Omit<InstallOptions, 'webServer'> {
  readonly inbox: Inbox;
  readonly config: Cluster['config'];
  /** whether the installer leaves its answers in the inbox, for senders that have no agent to ask */
  readonly isAnswered: boolean;
  /** whether an agent takes away what is staged and never activated */
  readonly hasAgents: boolean;
  readonly onRound?: () => void;
}

/** `left` is how many had no time any more. */
async function installAll(
  work: Work,
  onReport: (report: InstallReport) => void,
): Promise<{ readonly reports: readonly InstallReport[]; readonly left: number }> {
  const { inbox, isAnswered, hasAgents, state, now } = work;
  work.onRound?.();
  const reports: InstallReport[] = [];
  const conclude = (report: InstallReport) => {
    onReport(report);
    reports.push(report);
  };
  const ids = await activatedIn(inbox);
  // Of all of them first: a sender that finds its marker gone takes what lies there for its answer.
  if (isAnswered) await forgetResults(inbox.directory, inbox.owner, ids);
  for (const name of await clearOddMarkers(inbox)) conclude(refusalOf(name, now()));
  // What nobody goes on with goes back first, or the web server's test would tell of it.
  const interrupted = (await endInterrupted(work, ids)).filter(({ id }) => id !== null);
  for (const report of interrupted) await concludeEnded(report);
  // What has failed may be there the next time as well, and must not keep the others waiting.
  const hasEnded = interrupted.some(({ state: end }) => end !== 'failed');
  const { bugs, left } = await installRounds(ids, { ...work, hasEnded }, conclude);
  for (const report of await endInterrupted(work, left)) await concludeEnded(report);
  await state.tidy();
  if (!hasAgents) await expireStaged(inbox, MAX_BUNDLE_AGE_MS);
  for (const bug of bugs) if (bug instanceof Error) throw bug;
  return { reports, left: left.length };

  async function concludeEnded(report: InstallReport): Promise<void> {
    // A damaged entry has its lineage's bundle end with the same words.
    const { id, lineage } = report;
    if (id === null && lineage !== null && reports.some((other) => other.lineage === lineage)) return;
    if (id !== null && !ids.includes(id)) await state.results.write({ ...report, id });
    conclude(report);
  }
}

/**
 * Installs what has arrived together; each bundle that is begun leaves the inbox, whatever became of it. The first ones
 * always are, unless something else has ended before them and has used the time. Resolves to those that are left, and to what should not have been thrown.
 */
async function installRounds(
  ids: readonly string[],
  work: Work & { readonly hasEnded: boolean },
  onReport: (report: InstallReport) => void,
): Promise<{ readonly bugs: readonly unknown[]; readonly left: readonly string[] }> {
  const { inbox, isAnswered, state, limit } = work;
  const bugs: unknown[] = [];
  const conclude = async (result: InstallResult) => {
    const { id } = result;
    try {
      await state.results.write(result);
      if (isAnswered) await leaveResult(inbox.directory, inbox.owner, { id, file: state.results.fileOf(id) });
    } finally {
      await discardBundle(inbox, id);
    }
    onReport(result);
  };
  const onBug = (error: unknown) => void bugs.push(error);
  const begun = await begunBefore(state.journal);
  // What was begun may be in place: it comes first, and nothing is tested with what does not go on.
  let left: readonly string[] = [...ids.filter((id) => begun.has(id)), ...ids.filter((id) => !begun.has(id))];
  for (let { hasEnded } = work; left.length > 0; hasEnded = true) {
    if (hasEnded && limit.leftMs() < LIMITS.beginMs) break;
    work.onRound?.();
    left = await installRound(left, { ...work, begun, hasEnded, conclude, onBug });
  }
  return { bugs, left };
}

function refusalOf(marker: string, now: Date): InstallReport {
  const found: Finding = { code: 'not-a-marker', name: marker.slice(0, 100) };
  return { id: null, lineage: null, ...ended('refused', [found]), at: now.toISOString() };
}
