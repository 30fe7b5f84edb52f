import type { Cluster } from '../cluster/cluster.ts';
import { createChallengeProbe } from '../gate/challenge-probe.ts';
import { holdGate } from '../gate/gate.ts';
import { targetsOf } from '../cluster/target.ts';
import type { TargetReport, Verdict } from '../gate/verdict.ts';
import { attempted } from '../base/expected.ts';
import { OK } from '../base/outcome.ts';
import type { Transport } from '../transports/transport.ts';
import type { Challenge } from '../challenge/challenge.ts';
import { within } from '../system/deadline.ts';
import { unlessHung } from '../system/hung.ts';
import { createWebroot } from '../challenge/webroot.ts';

/**
 * Makes the responses available on every node and holds until they have been seen to be served.
 * @throws {CertbotHaError} when they cannot be written on this node; a peer's trouble is in the verdict
 */
export async function presentEverywhere(
  cluster: Cluster,
  transport: Transport,
  challenges: readonly Challenge[],
  options: { readonly signal: AbortSignal; readonly onChange?: (reports: readonly TargetReport[]) => void },
): Promise<Verdict> {
  const { config, self } = cluster;
  const startedMs = performance.now();
  if (!self.isDrained) {
    const { webroot } = self;
    const inTime = within(options.signal, config.gate.timeoutMs);
    await unlessHung(webroot, inTime, async () => await createWebroot(webroot).write(challenges));
  }
  return await holdGate({
    ...options,
    targets: targetsOf(cluster),
    subjects: challenges,
    nameOf: (challenge) => challenge.identifier,
    probe: createChallengeProbe({
      identifiers: challenges.map(({ identifier }) => identifier),
      vips: config.vips,
    }),
    push: async ({ node }, signal) =>
      node === null || node === self
        ? OK
        : await attempted(async () => await transport.present(node, challenges, signal)),
    require: config.gate.require,
    timeoutMs: Math.max(0, config.gate.timeoutMs - (performance.now() - startedMs)),
  });
}
