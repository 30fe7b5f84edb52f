import { MADE_UP_NAME } from '../challenge/challenge.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { TargetReport, Verdict } from '../gate/verdict.ts';
import { tellDamage } from '../state/damage.ts';
import { createPendingStore } from '../state/pending.ts';
import { findProcess } from '../system/processes.ts';
import { createTransport } from '../transports/create.ts';
import { checkWebroot } from './check-webroot.ts';
import { cleanUpEverywhere, reportLeftOver } from './clean-up.ts';
import { makeUp } from './made-up.ts';
import { presentEverywhere } from './present.ts';

export interface Rehearsal {
  /** the program's */
  readonly pid: number;
  readonly err: (line: string) => void;
  /** called when all is recorded and nothing presented yet: what the signal ends from then on is cleaned up */
  readonly begin: () => AbortSignal;
  readonly onChange?: ((reports: readonly TargetReport[]) => void) | undefined;
}

/** The names that are rehearsed: these or, where there are none, a made-up one. */
export function rehearsed(names: readonly string[]): readonly string[] {
  return names.length > 0 ? names : [MADE_UP_NAME];
}

/**
 * The auth and clean-up path with made-up tokens, without the CA.
 * @param use called with what was seen, before anything is taken away again
 * @throws {CertbotHaError} what keeps it from being begun
 */
export async function rehearse<T>(
  cluster: Cluster,
  names: readonly string[],
  { pid, err, begin, onChange }: Rehearsal,
  use: (verdict: Verdict, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { config } = cluster;
  const transport = await createTransport(cluster);
  await checkWebroot(cluster);
  const challenges = names.map(makeUp);
  const tokens = challenges.map(({ token }) => token);

  // Recorded like certbot's, so that a drill that is killed leaves nothing that the next run does not clear.
  const store = createPendingStore(config.stateDir, tellDamage(err));
  const run = { id: `drill-${pid}`, process: findProcess(pid) };
  for (const challenge of challenges) await store.record(run, challenge);
  const signal = begin();
  try {
    const presenting = { signal, ...(onChange && { onChange }) };
    return await use(await presentEverywhere(cluster, transport, challenges, presenting), signal);
  } finally {
    const leftOver = (await store.leftOver(run)).map(({ token }) => token);
    const all = [...tokens, ...leftOver];
    const left = await cleanUpEverywhere(cluster, transport, all);
    reportLeftOver(left, err);
    if (left.length === 0) await store.forget(all);
    await transport.close();
  }
}
