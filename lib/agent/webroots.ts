import type { Webroot } from '../challenge/webroot.ts';
import { webrootOf } from '../challenge/webroot-of.ts';
import { challengeAbilitiesOf } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { isOnStandby } from '../cluster/standby.ts';
import { fileSystemAt, pathWithoutLinks, type FileSystem } from '../system/file-system.ts';
import { deadline } from '../system/deadline.ts';
import { unlessHung } from '../system/hung.ts';
import { LIMITS } from '../system/limits.ts';
import { inTurn, type Turn } from '../system/in-turn.ts';
import { counting, type AgentCounts } from './counts.ts';
import { noting, type OwnTokens } from './watch/own-tokens.ts';
import { webrootInTurn } from './webroot-in-turn.ts';

/** The one webroot of a node, for whoever uses it. */
export interface Webroots {
  /** for what others ask for */
  readonly webroot: Webroot;
  /** for what goes on by itself: watch and expiry */
  readonly tended: Webroot;
  /** for all other looks at its file system */
  readonly webrootTurn: Turn;
  /** what it is on, where nodes share one; undefined: that is its own affair */
  readonly fileSystem: (() => Promise<FileSystem | null>) | undefined;
}

/** Two at once: a read is not to wait for a batch that is written. Where its file system hangs, the other threads go on. */
const AT_ONCE = 2;

/** @throws {CertbotHaError} `failed` when its file system does not answer, `config` when the directory is missing or cannot be written */
export async function openWebroots(
  cluster: Pick<Cluster, 'config' | 'self'>,
  { own, counts }: { readonly own: OwnTokens; readonly counts: AgentCounts },
): Promise<Webroots> {
  // Looked up once: where the file system hangs, a look at each check would hold one more thread.
  const path = await pathWithoutLinks(cluster.self.webroot);
  const bare = webrootOf(cluster);
  // Where it is not mounted yet, nothing is made in its place, and nothing is missing.
  const check = async () => ((await isOnStandby(cluster, path)) ? undefined : await bare.check());
  const files = { ...bare, check };
  await unlessHung(files.directory, deadline(LIMITS.webrootMs), files.check);
  const webrootTurn = inTurn(files.directory, { atOnce: AT_ONCE });
  return {
    webroot: noting(webrootInTurn(files, webrootTurn), own),
    tended: counting(webrootInTurn(files, webrootTurn, true), counts),
    webrootTurn,
    fileSystem: challengeAbilitiesOf(cluster.config).isWebrootShared
      ? async () => await fileSystemAt(cluster.self.webroot, path)
      : undefined,
  };
}
