import { isDns, isHttp, keyOf } from '../challenge/any-challenge.ts';
import { recordOf, type DnsChallenge } from '../challenge/dns-01.ts';
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
import type { PendingStore } from '../state/pending.ts';
import type { Run } from '../state/pending-challenge.ts';

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

/** What each auth hook does: checks what the batch will need, and records its challenge, and those of launchers. @throws {CertbotHaError} */
export async function recordChallenge(recording: Recording): Promise<Cluster> {
  const { config, store, run, io, hook } = recording;
  // Before the rest: what is taken back below lies there.
  await unlessDirectoriesHang(config, recording.look);
  try {
    const cluster = await findCluster(config, io.env);
    const challenges = [hook.challenge, ...store.launched(run)];
    for (const challenge of challenges.filter(isDns)) checkDns(challenge, config);
    if (challenges.some(isHttp)) {
      if (challengeAbilitiesOf(config).needsKey) readKeyFile(config.agent.keyFile);
      await checkWebroot(cluster);
    }
    await recordOrGoOn(recording);
    return cluster;
  } catch (error) {
    // certbot will be ended, and calls no clean-up hook then. Nothing has been presented yet.
    if (config.gate.onFailure === 'abort') await store.forgetSoon(run);
    throw error;
  }
}

/** @throws {CertbotHaError} `environment`: certbot has been started for what this node is not configured for */
function checkDns(challenge: DnsChallenge, { dns, file }: Pick<Config, 'dns' | 'file'>): void {
  recordOf(challenge);
  if (dns !== null) return;
  throw new CertbotHaError(
    'environment',
    { code: 'dns-challenge-asked', file },
    {
      hint: 'docs/dns-01.md has what to write there; certbot certonly --preferred-challenges http asks for http-01',
    },
  );
}

/**
 * The last hook has its own challenge in hand, and those of launchers: that they cannot be recorded must not keep them from being presented.
 * A record in DNS has no end of its own, as a token has, and nobody else would ever remove it.
 */
async function recordOrGoOn({ store, run, io, hook, signal }: Recording): Promise<void> {
  const { challenge, remainingChallenges } = hook;
  try {
    await store.record(run, challenge, signal);
  } catch (error) {
    const isExpected = error instanceof CertbotHaError && error.kind === 'failed';
    if (!isExpected || remainingChallenges > 0 || signal.aborted) throw error;
    if ([challenge, ...store.launched(run)].some(isDns)) throw error;
    const others = (await store.batch(run)).filter((entry) => keyOf(entry) !== keyOf(challenge));
    if (others.length === 0) throw error;
    printError(error, io.err);
  }
}
