import { MADE_UP_NAME } from '../challenge/challenge.ts';
import { writeTokenInPlace } from '../challenge/write-token.ts';
import { webrootOf } from '../challenge/webroot-of.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { isProbed, targetsOf } from '../cluster/target.ts';
import { createChallengeProbe } from '../gate/challenge-probe.ts';
import { measureSharing, type Sharing } from '../gate/sharing.ts';
import { tellDamage } from '../state/damage.ts';
import { createPendingStore } from '../state/pending.ts';
import { deadline, within } from '../system/deadline.ts';
import { unlessHung } from '../system/hung.ts';
import { LIMITS } from '../system/limits.ts';
import { checkWebroot } from './check-webroot.ts';
import { makeUp } from './made-up.ts';

export interface TryOptions {
  /** the program's */
  readonly pid: number;
  readonly err: (line: string) => void;
  /** by which the web servers are asked; default: a made-up one */
  readonly identifier?: string | undefined;
  /** ends the looks; what was written is removed after it as well */
  readonly signal: AbortSignal;
  /** milliseconds that a file is waited for */
  readonly boundMs: number;
}

const REMOVE_TIMEOUT_MS = 3_000;

/**
 * Writes made-up challenges into a webroot that nodes share, looks how they see them, and removes them.
 * @throws {CertbotHaError} where this node cannot write there, or its file system does not answer
 */
export async function trySharing(
  cluster: Cluster,
  { pid, err, identifier = MADE_UP_NAME, signal, boundMs }: TryOptions,
): Promise<readonly Sharing[]> {
  const { config } = cluster;
  await checkWebroot(cluster);
  const { directory, write, remove } = webrootOf(cluster);
  const made = { asked: makeUp(identifier), fresh: makeUp(identifier), plain: makeUp(identifier) };
  const tokens = Object.values(made).map(({ token }) => token);
  // Recorded like certbot's: what is killed leaves nothing that a run an hour later does not clear. A drill of the same process takes what is the process's own for over.
  const store = createPendingStore(config.stateDir, tellDamage(err));
  const run = { id: `sharing-${pid}`, process: null };
  for (const challenge of Object.values(made)) await store.record(run, challenge);
  const inTime = async (work: (limit: AbortSignal) => Promise<void>, of: number = LIMITS.webrootMs) => {
    const limit = within(signal, of);
    await unlessHung(directory, limit, async () => await work(limit));
  };
  try {
    return await measureSharing({
      targets: targetsOf(cluster).filter(isProbed),
      made,
      probe: createChallengeProbe({ identifiers: [identifier], vips: config.vips }),
      write: async (challenges) => await inTime(async (limit) => await write(challenges, limit)),
      writeInPlace: async (challenge, whileEmpty) =>
        await inTime(
          async () => await writeTokenInPlace(directory, challenge, whileEmpty),
          LIMITS.webrootMs + boundMs,
        ),
      signal,
      boundMs,
    });
  } finally {
    const removing = async () => void (await remove(tokens));
    const isRemoved = await unlessHung(directory, deadline(REMOVE_TIMEOUT_MS), removing).then(
      () => true,
      () => false, // it stays recorded, and the next run removes it
    );
    if (isRemoved) await store.forget(tokens);
  }
}
