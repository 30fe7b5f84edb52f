import { CertbotHaError } from '../base/errors.ts';
import type { CommandIo } from '../base/io.ts';
import { reportError } from '../base/report-error.ts';
import { jsonOf } from '../base/print.ts';
import { waitingFor } from '../base/waiting.ts';
import { tellDrill } from '../batch/drill-event.ts';
import { rehearse, rehearsed } from '../batch/rehearse.ts';
import { trySharing } from '../batch/try-sharing.ts';
import { createClusterClient, type ChannelClient } from '../channel/client.ts';
import { challengeAbilitiesOf } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { loadCluster } from '../cluster/load.ts';
import { createContext, type Drill, type Share } from '../doctor/context.ts';
import { CHECKS } from '../doctor/checks.ts';
import { drillMs } from '../doctor/checks/challenges.ts';
import { examine, unconfigured, type Report } from '../doctor/examine.ts';
import { recordRun } from '../doctor/record-run.ts';
import { tellDamage } from '../state/damage.ts';
import { openState } from '../state/state.ts';
import { documentOf, linesOf } from './doctor-lines.ts';
import { secondsOf } from './seconds.ts';

interface DoctorOptions {
  readonly isJson: boolean;
  /** only what has found something */
  readonly isQuiet: boolean;
  readonly isDrilled: boolean;
  /** the result is kept in stateDir */
  readonly isRecorded?: boolean;
  /** seconds that a node of a shared webroot has to serve what is there, as they were typed; default 10 */
  readonly wait?: string | undefined;
}

/** A cache that lasts longer is told as one that lasts longer than that. */
const DEFAULT_WAIT_S = 10;
/** Less than this needs no word. */
const LONG_MS = 5_000;

/**
 * `certbot-ha doctor`: 1 when a check fails or it is interrupted, else 0. A configuration that cannot be read is what has
 * failed; 2 where what it has found should be recorded and could not be.
 */
export async function runDoctor(
  io: CommandIo,
  { isJson, isQuiet, isDrilled, isRecorded = false, wait }: DoctorOptions,
): Promise<0 | 1 | 2> {
  const startedMs = performance.now();
  const waitMs = 1000 * Math.max(1, secondsOf(wait) ?? DEFAULT_WAIT_S);
  const cluster = await loadCluster(io.env).catch((error: unknown) => {
    if (error instanceof CertbotHaError) return error;
    throw error;
  });
  const isKnown = !(cluster instanceof CertbotHaError);
  const signal = io.interruption();
  const reports = isKnown
    ? await reportsOf(cluster, { io, isDrilled, waitMs, signal })
    : unconfigured(CHECKS, cluster);
  if (isJson) io.out(jsonOf(documentOf(reports)));
  else {
    const shown = isQuiet ? reports.filter(({ complaints }) => complaints.length > 0) : reports;
    for (const line of linesOf(shown)) io.out(line, 'prose');
  }
  if (isRecorded && !isKnown) return 2;
  // One that was interrupted has not found out.
  if (isRecorded && isKnown && !signal.aborted) {
    const isKept = await recordRun(cluster, reports, performance.now() - startedMs).then(
      () => true,
      (error: unknown) => void reportError(error, io.err),
    );
    if (!isKept) return 2;
  }
  return signal.aborted || reports.some(({ result }) => result === 'fail') ? 1 : 0;
}

async function reportsOf(
  cluster: Cluster,
  { io, isDrilled, waitMs, signal }: Pick<DoctorOptions, 'isDrilled'> & Examining,
): Promise<readonly Report[]> {
  const client = clientFor(cluster);
  const state = openState(cluster.config, tellDamage(io.err));
  const drill = isDrilled ? drillOf(cluster, io) : null;
  const share = isDrilled ? shareOf(cluster, io, waitMs) : null;
  const context = createContext({ cluster, env: io.env, state, client, drill, share }, signal);
  const checks = CHECKS.filter(({ isFor = () => true }) => isFor(cluster));
  const running = new Set(checks.map(({ name }) => name));
  const onEnd = (name: string) => void running.delete(name);
  const left = () => [...running].join(', ');
  try {
    return await waitingFor(left, io, async () => await examine(checks, context, { signal, onEnd }));
  } finally {
    await client?.close();
  }
}

interface Examining {
  readonly io: CommandIo;
  /** for a node of a shared webroot */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** Null where the key cannot be read: a check of its own says why. */
function clientFor(cluster: Cluster): ChannelClient | null {
  try {
    return createClusterClient(cluster);
  } catch (error) {
    if (error instanceof CertbotHaError) return null;
    throw error;
  }
}

/** Null where nodes share no webroot. */
function shareOf(cluster: Cluster, io: CommandIo, boundMs: number): Share | null {
  if (!challengeAbilitiesOf(cluster.config).isWebrootShared) return null;
  return {
    boundMs,
    measure: async (identifier, signal) => {
      const lasting = () =>
        io.err(`doctor: waiting for what nodes remember of the webroot, ${boundMs / 1000} s at most`);
      const timer = io.progress === undefined ? setTimeout(lasting, LONG_MS) : undefined;
      const trying = { pid: io.pid, err: () => undefined, identifier, signal, boundMs };
      return await trySharing(cluster, trying).finally(() => clearTimeout(timer));
    },
  };
}

/**
 * Every target is looked at until it serves, whatever `gate.require` can do without. Where tokens may be left is where the
 * agent does not answer, which is told already.
 */
function drillOf(cluster: Cluster, io: CommandIo): Drill {
  const gate = { ...cluster.config.gate, timeoutMs: drillMs({ cluster }), require: 'all' as const };
  const patient: Cluster = { ...cluster, config: { ...cluster.config, gate } };
  return async (names, signal) => {
    const challenges = rehearsed(names);
    return await rehearse(
      patient,
      challenges,
      { pid: io.pid, env: io.env, err: () => undefined, begin: () => signal },
      async (verdict) => {
        if (!signal.aborted) await tellDrill(cluster, 'doctor', { challenges, verdict });
        return verdict;
      },
    );
  };
}
