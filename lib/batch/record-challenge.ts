import { checkWebroot } from './check-webroot.ts';
import type { HookEnvironment } from '../certbot/environment.ts';
import { readKeyFile } from '../channel/key-file.ts';
import { challengeAbilitiesOf } from '../cluster/abilities.ts';
import { unlessDirectoriesHang, type Look } from '../cluster/answering.ts';
import { findCluster, type Cluster } from '../cluster/cluster.ts';
import type { Config } from '../cluster/config.ts';
import { CertbotHaError } from '../base/errors.ts';
import type { HookIo } from '../base/io.ts';
import { printError } from '../base/report-error.ts';
import type { PendingStore, Run } from '../state/pending.ts';

interface Recording {
  readonly config: Config;
  readonly store: PendingStore;
  readonly run: Run;
  readonly io: HookIo;
  readonly hook: HookEnvironment;
  /** ends the waiting for other hooks */
  readonly signal: AbortSignal;
  /** for directories that do not answer; default: the file system */
  readonly look?: Look;
}

/** What each auth hook does: checks what the batch will need, and records its challenge. @throws {CertbotHaError} */
export async function recordChallenge(recording: Recording): Promise<Cluster> {
  const { config, store, run, io } = recording;
  // Before the rest: what is taken back below lies there.
  await unlessDirectoriesHang(config, recording.look);
  try {
    const cluster = await findCluster(config, io.env);
    if (challengeAbilitiesOf(config).needsKey) readKeyFile(config.agent.keyFile);
    await checkWebroot(cluster);
    await recordOrGoOn(recording);
    return cluster;
  } catch (error) {
    // certbot will be ended, and calls no clean-up hook then. Nothing has been presented yet.
    if (config.gate.onFailure === 'abort') await store.forgetSoon(run);
    throw error;
  }
}

/** The last hook has its own challenge in hand: that it cannot be recorded must not keep the others' from being presented. */
async function recordOrGoOn({ store, run, io, hook, signal }: Recording): Promise<void> {
  const { challenge, remainingChallenges } = hook;
  try {
    await store.record(run, challenge, signal);
  } catch (error) {
    const isExpected = error instanceof CertbotHaError && error.kind === 'failed';
    if (!isExpected || remainingChallenges > 0 || signal.aborted) throw error;
    const others = (await store.batch(run)).filter(({ token }) => token !== challenge.token);
    if (others.length === 0) throw error;
    printError(error, io.err);
  }
}
