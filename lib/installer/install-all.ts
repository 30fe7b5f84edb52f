import type { Finding } from '../findings/register.ts';
import { isSystemError } from '../base/expected.ts';
import { lstat } from 'node:fs/promises';
import { CertbotHaError, findingsOf, hasErrorCode } from '../base/errors.ts';
import { abilitiesOf } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { forgetResult, leaveResult } from '../inbox/answer.ts';
import { inboxDirectory, MAX_BUNDLE_AGE_MS } from '../inbox/layout.ts';
import { activatedIn, clearOddMarkers } from '../inbox/markers.ts';
import { discardBundle, expireStaged, inboxAt, readBundle, type Inbox } from '../inbox/take.ts';
import { layoutOf } from '../state/layout.ts';
import { explained, makeStateDir } from '../state/state-dir.ts';
import type { InstallResult, InstallState } from '../state/results.ts';
import { withLock } from '../system/lock.ts';
import { ended, type InstallOptions, type InstallReport } from './ending.ts';
import { installBundle } from './install.ts';
import { endInterrupted } from './undo.ts';

/**
 * Installs every bundle that has been activated, one after another, and takes each out of the inbox
 * whatever became of it. Two installers never work at the same time.
 * @param onReport called after each
 */
export async function processInbox(
  cluster: Cluster,
  options: Omit<InstallOptions, 'certificates'>,
  onReport: (report: InstallReport) => void,
): Promise<readonly InstallReport[]> {
  const { config } = cluster;
  const { backup, journal: lock } = layoutOf(config.stateDir);
  const inbox = await findInbox(inboxDirectory(cluster), backup).catch((error: unknown) => {
    throw explained(error, config.stateDir);
  });
  if (inbox === null) return [];
  await makeStateDir(config.stateDir, { below: lock, mode: 0o700 });
  const { answersBy, hasAgents } = abilitiesOf(config);
  const isAnswered = answersBy === 'inbox';
  return await withLock(
    lock,
    async () =>
      await installAll(
        { inbox, isAnswered, hasAgents, ...options, certificates: config.certificates },
        onReport,
      ),
  );
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

interface Work extends InstallOptions {
  readonly inbox: Inbox;
  /** whether the installer leaves its answers in the inbox, for senders that have no agent to ask */
  readonly isAnswered: boolean;
  /** whether an agent takes away what is staged and never activated */
  readonly hasAgents: boolean;
}

async function installAll(
  work: Work,
  onReport: (report: InstallReport) => void,
): Promise<readonly InstallReport[]> {
  const { inbox, isAnswered, hasAgents, state, now } = work;
  const reports: InstallReport[] = [];
  const conclude = (report: InstallReport) => {
    onReport(report);
    reports.push(report);
  };
  const ids = await activatedIn(inbox);
  // Of all of them first: a sender that finds its marker gone takes what lies there for its answer.
  if (isAnswered) for (const id of ids) await forgetResult(inbox.directory, inbox.owner, id);
  for (const name of await clearOddMarkers(inbox)) conclude(refusalOf(name, now()));
  let bug: unknown = null;
  for (const id of ids) {
    const taken = await takeOne(id, work);
    bug ??= taken.bug;
    conclude(taken.result);
  }
  for (const report of await endInterrupted(work)) {
    // A damaged entry has its lineage's bundle end with the same words.
    const { id, lineage } = report;
    if (id === null && lineage !== null && reports.some((other) => other.lineage === lineage)) continue;
    if (report.id !== null && !ids.includes(report.id))
      await state.results.write({ ...report, id: report.id });
    conclude(report);
  }
  await state.records.tidy();
  if (!hasAgents) await expireStaged(inbox, MAX_BUNDLE_AGE_MS, now());
  if (bug instanceof Error) throw bug;
  return reports;
}

/** Installs a bundle, leaves how it ended, and takes it out of the inbox, whatever became of it. */
async function takeOne(
  id: string,
  work: Work,
): Promise<{ readonly result: InstallResult; readonly bug: unknown }> {
  const { inbox, isAnswered, state, now } = work;
  let bug: unknown = null;
  const result = await installOne(id, work).catch((error: unknown): InstallResult => {
    // It leaves the inbox like any other, or it would start the installer without end.
    bug = error;
    return { id, lineage: null, ...ended('failed', findingsOf(error)), at: now().toISOString() };
  });
  try {
    await state.results.write(result);
    if (isAnswered) await leaveResult(inbox.directory, inbox.owner, { id, file: state.results.fileOf(id) });
  } finally {
    await discardBundle(inbox, id);
  }
  return { result, bug };
}

const OVERTAKEN: ReadonlySet<string> = new Set(['bundle-replaced', 'written-meanwhile']);

async function installOne(id: string, work: Work): Promise<InstallResult> {
  const at = work.now().toISOString();
  const endedWith = (state: InstallState, findings: readonly Finding[]) =>
    ({ id, lineage: null, ...ended(state, findings), at }) satisfies InstallResult;
  try {
    const bundle = await readBundle(work.inbox, id);
    if (bundle !== null) return await installBundle(id, bundle, work);
    // The bundle was installed, and the installer killed before it had taken the marker away.
    const earlier = await work.state.results.of(id);
    return earlier ?? endedWith('refused', [{ code: 'marker-without-bundle' }]);
  } catch (error) {
    if (error instanceof CertbotHaError) {
      // Not the bundle's fault, so the other nodes may have it: somebody was quicker on this one.
      const isOvertaken = error.findings.some(({ code }) => OVERTAKEN.has(code));
      return endedWith(isOvertaken ? 'failed' : 'refused', error.findings);
    }
    // A full disk or the like: kept, it would start the installer without end; sync sends it again.
    if (isSystemError(error)) return endedWith('failed', findingsOf(error));
    throw error;
  }
}

function refusalOf(marker: string, now: Date): InstallReport {
  const found: Finding = { code: 'not-a-marker', name: marker.slice(0, 100) };
  return { id: null, lineage: null, ...ended('refused', [found]), at: now.toISOString() };
}
