import { expectedFindings } from '../base/expected.ts';
import { trySharing } from '../batch/try-sharing.ts';
import { challengeAbilitiesOf } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { complaintsOf } from '../doctor/sharing-judged.ts';
import type { FindingCode } from '../findings/register.ts';
import { lineOf } from '../findings/words.ts';
import { fileSystemAt } from '../system/file-system.ts';

/** Who drills waits for no cache: that it lasts longer is enough to know. */
const BOUND_MS = 5_000;
/** That a node does not serve what is written is told by the drill itself. */
const SEEN_BY_DRILL: ReadonlySet<FindingCode> = new Set(['written-not-seen', 'directory-not-shared']);

interface HowOptions {
  readonly pid: number;
  readonly identifier: string | undefined;
  readonly signal: AbortSignal;
}

/** What a drill says of a webroot that nodes share, a line each: which node goes on with 404 for what is there, and what to mount. Never rejects for what nodes do. */
export async function howShared(cluster: Cluster, options: HowOptions): Promise<readonly string[]> {
  const { config, self } = cluster;
  if (!challengeAbilitiesOf(config).isWebrootShared) return [];
  const boundMs = Math.min(BOUND_MS, config.gate.timeoutMs);
  const trying = { ...options, err: () => undefined, boundMs };
  try {
    const seen = await trySharing(cluster, trying);
    // What is mounted when somebody looks there is mounted by now.
    const fileSystem = await fileSystemAt(self.webroot);
    if (options.signal.aborted || fileSystem === null) return [];
    const looked = { seen, fileSystem, boundMs, config, directory: self.webroot };
    return complaintsOf(looked)
      .filter(({ found }) => !SEEN_BY_DRILL.has(found.code))
      .map(({ who, found }) => `${who === null ? '' : `${who}: `}${lineOf(found)}`);
  } catch (error) {
    expectedFindings(error); // the drill itself has met it, and says so
    return [];
  }
}
