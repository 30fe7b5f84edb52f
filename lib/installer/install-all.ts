import { messageOf } from '../base/errors.ts';
import { lstat, mkdir } from 'node:fs/promises';
import { createInbox, type Inbox } from '../inbox/take.ts';
import { inboxDirectory, MAX_BUNDLE_AGE_MS } from '../inbox/layout.ts';
import { forgetResult, leaveResult } from '../inbox/answer.ts';
import { withLock } from '../system/lock.ts';
import { abilitiesOf } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { CertbotHaError, hasErrorCode } from '../base/errors.ts';
import { endInterrupted } from './undo.ts';
import { type InstallOptions } from './ending.ts';
import { installBundle } from './install.ts';
import { layoutOf } from '../state/layout.ts';
import { createRecords } from '../state/records.ts';
import { type InstallResult, type InstallState } from '../state/results.ts';

/**
 * Installs every bundle that has been activated, one after another, and takes each out of the inbox
 * whatever became of it. Two installers never work at the same time.
 * @param onResult called after each
 */
export async function processInbox(
  cluster: Cluster,
  options: Omit<InstallOptions, 'config'>,
  onResult: (result: InstallResult) => void,
): Promise<readonly InstallResult[]> {
  const { stateDir } = cluster.config;
  const { backup, journal: lock } = layoutOf(stateDir);
  const directory = inboxDirectory(cluster);
  const owner = await lstat(directory).catch((error: unknown) => {
    if (hasErrorCode(error, 'ENOENT')) return null; // nobody has ever sent anything
    throw error;
  });
  if (owner === null) return [];
  if (!owner.isDirectory()) throw new CertbotHaError('config', `${directory}: expected a directory`);
  const inbox = createInbox(directory, owner, backup);
  const records = createRecords(stateDir);
  await mkdir(lock, { recursive: true, mode: 0o700 });

  return await withLock(lock, async () => {
    const all = { ...options, config: cluster.config };
    const results: InstallResult[] = [];
    const conclude = (result: InstallResult) => {
      onResult(result);
      results.push(result);
    };
    let bug: unknown = null;
    // Where the agent tells, the inbox need not.
    const isAnswered = abilitiesOf(cluster.config).answersBy === 'inbox';
    const ids = await inbox.activated();
    // Of all of them first: a sender that finds its marker gone takes what lies there for its answer.
    if (isAnswered) for (const id of ids) await forgetResult(directory, owner, id);
    for (const name of await inbox.clearOddMarkers()) conclude(refusalOf(name, options.now()));
    for (const id of ids) {
      const result = await installOne(id, inbox, all).catch((error: unknown): InstallResult => {
        // It leaves the inbox like any other, or it would start the installer for ever.
        bug ??= error;
        const messages = [messageOf(error)];
        return { id, lineage: null, state: 'failed', messages, at: options.now().toISOString() };
      });
      try {
        await records.writeResult(result);
        if (isAnswered) await leaveResult(directory, owner, { id, file: records.resultFile(id) });
      } finally {
        await inbox.discard(id);
      }
      conclude(result);
    }
    for (const result of await endInterrupted(all)) {
      if (!ids.includes(result.id)) await records.writeResult(result);
      conclude(result);
    }
    await records.tidy();
    // Where there are agents, they do it.
    if (!abilitiesOf(cluster.config).hasAgents) await inbox.expire(MAX_BUNDLE_AGE_MS, options.now());
    if (bug instanceof Error) throw bug;
    return results;
  });
}

async function installOne(id: string, inbox: Inbox, options: InstallOptions): Promise<InstallResult> {
  const at = options.now().toISOString();
  const endedWith = (state: InstallState, messages: readonly string[]) =>
    ({ id, lineage: null, state, messages, at }) satisfies InstallResult;
  try {
    const bundle = await inbox.read(id);
    if (bundle !== null) return await installBundle(id, bundle, options);
    // It was installed, and the installer killed before it had taken the marker away.
    const earlier = await createRecords(options.config.stateDir).result(id);
    return earlier ?? endedWith('refused', ['a marker without a bundle']);
  } catch (error) {
    if (error instanceof CertbotHaError) return endedWith('refused', error.problems);
    // A full disk or the like: kept, it would start the installer for ever; sync sends it again.
    if (error instanceof Error && 'errno' in error) return endedWith('failed', [error.message]);
    throw error;
  }
}

function refusalOf(marker: string, now: Date): InstallResult {
  const messages = [`not the name of a bundle: ${JSON.stringify(marker.slice(0, 100))}`];
  return { id: '(no id)', lineage: null, state: 'refused', messages, at: now.toISOString() };
}
