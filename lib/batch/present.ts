import type { Cluster } from '../cluster/cluster.ts';
import { createChallengeProbe } from '../gate/challenge-probe.ts';
import { holdGate } from '../gate/gate.ts';
import { tellingOfCaches } from '../gate/not-there-yet.ts';
import type { Probe } from '../gate/probe.ts';
import { challengeAbilitiesOf } from '../cluster/abilities.ts';
import { fileSystemAt } from '../system/file-system.ts';
import { targetsOf } from '../cluster/target.ts';
import type { TargetReport, Verdict } from '../gate/verdict.ts';
import { attempted } from '../base/expected.ts';
import { OK, type Outcome } from '../base/outcome.ts';
import type { ClusterNode } from '../cluster/config.ts';
import type { Transport } from '../transports/transport.ts';
import { whileWanted } from '../transports/while-wanted.ts';
import type { Challenge } from '../challenge/challenge.ts';
import { giveShortChances, noteSilence } from './silence.ts';
import { createSilentNodes } from '../state/silent-nodes.ts';
import { afterwards, within } from '../system/deadline.ts';
import { unlessHung } from '../system/hung.ts';
import { webrootOf } from '../challenge/webroot-of.ts';

/** What a file server needs to end a write, and to remove what was written: one that takes longer is waited for no more. */
const WRITE_ENDED_WITHIN_MS = 2_000;
const PUSHED_WITHIN_MS = 1_000;
/** What a transport needs to end after its signal: one that takes longer is waited for no more. */
const ENDED_WITHIN_MS = 1_000;

/** A push to a node, self among them, that has come to its end. */
export interface Pushed {
  readonly outcome: Outcome;
  /** since the presenting has begun, in milliseconds */
  readonly ms: number;
}

interface PresentOptions {
  readonly signal: AbortSignal;
  readonly onChange?: (reports: readonly TargetReport[]) => void;
  /** called at the end of each push: what has failed is tried again, and what has not as well, if it is not seen there */
  readonly onPushed?: (node: string, pushed: Pushed) => void;
}

/**
 * Makes the responses available on every node and holds until they have been seen to be served.
 * @throws {CertbotHaError} when they cannot be written on this node; a peer's trouble is in the verdict
 */
export async function presentEverywhere(
  cluster: Cluster,
  transport: Transport,
  challenges: readonly Challenge[],
  { onPushed, ...options }: PresentOptions,
): Promise<Verdict> {
  const { config, self } = cluster;
  const startedMs = performance.now();
  const pushed = (node: ClusterNode, outcome: Outcome) =>
    onPushed?.(node.name, { outcome, ms: performance.now() - startedMs });
  // What carries from this node's webroot has nothing else to carry from.
  if (!self.isDrained || transport.abilities.source === 'webroot') {
    await writeHere(cluster, challenges, { ...options, timeoutMs: config.gate.timeoutMs }).then(
      () => pushed(self, OK),
      // Whoever has interrupted is told that, and takes all of it back.
      (error: unknown) => {
        if (!options.signal.aborted) throw error;
      },
    );
  }
  const silent = createSilentNodes(config.stateDir);
  const seen = await holdGate({
    ...options,
    targets: await giveShortChances(targetsOf(cluster), silent, config.gate),
    subjects: challenges,
    nameOf: (challenge) => challenge.identifier,
    probe: probeFor(cluster, challenges),
    push: async ({ node }, signal) => {
      if (node === null || node === self) return OK;
      const end = toItsEnd(signal, options.signal);
      const presenting = attempted(async () => await transport.present(node, challenges, end));
      const outcome = await whileWanted(presenting, afterwards(end, ENDED_WITHIN_MS));
      pushed(node, outcome);
      return outcome;
    },
    require: config.gate.require,
    timeoutMs: Math.max(0, config.gate.timeoutMs - (performance.now() - startedMs)),
  });
  const verdict = await noteSilence(seen, silent, options.signal);
  // With every node drained and no VIP nothing has been looked at, and nobody answers the CA.
  return { ...verdict, isMet: verdict.isMet && verdict.targets.some(({ state }) => state === 'served') };
}

function probeFor({ config, self }: Cluster, challenges: readonly Challenge[]): Probe<Challenge> {
  const identifiers = challenges.map(({ identifier }) => identifier);
  const probe = createChallengeProbe({ identifiers, vips: config.vips });
  if (!challengeAbilitiesOf(config).isWebrootShared) return probe;
  const fileSystem = async () => await fileSystemAt(self.webroot);
  return tellingOfCaches(probe, { fileSystem, timeoutMs: config.gate.timeoutMs });
}

/** A push that is interrupted comes to its end as well: one that is cut off may arrive after the clean-up, and stay. */
function toItsEnd(ended: AbortSignal, interruption: AbortSignal): AbortSignal {
  const over = new AbortController();
  const end = () => {
    if (interruption.aborted) setTimeout(() => over.abort(ended.reason), PUSHED_WITHIN_MS).unref();
    else over.abort(ended.reason);
  };
  if (ended.aborted) end();
  else ended.addEventListener('abort', end, { once: true });
  return over.signal;
}

/**
 * An interruption, or the end of the time, ends it before the next token, and what was written is removed. That is waited for, as what
 * is written after the clean-up would stay.
 */
async function writeHere(
  cluster: Cluster,
  challenges: readonly Challenge[],
  { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<void> {
  const inTime = within(signal, timeoutMs);
  const write = async () => await webrootOf(cluster).write(challenges, inTime);
  await unlessHung(cluster.self.webroot, afterwards(inTime, WRITE_ENDED_WITHIN_MS), write);
}
