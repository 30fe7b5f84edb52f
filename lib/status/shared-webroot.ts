import { challengeAbilitiesOf } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Config } from '../cluster/config.ts';
import type { FindingOf } from '../findings/register.ts';
import { fileSystemAt, type FileSystem, type FileSystemKind } from '../system/file-system.ts';

/** What is known of a node. */
interface Row {
  readonly node: string;
  readonly isSelf: boolean;
  readonly fileSystem?: FileSystem;
}

/** Of itself a node knows it without its agent. */
export async function withFileSystems<R extends Row>(
  { config, self }: Cluster,
  rows: readonly R[],
): Promise<readonly R[]> {
  if (!challengeAbilitiesOf(config).isWebrootShared) return rows;
  const here = await fileSystemAt(self.webroot);
  return rows.map((row) => (row.isSelf && here !== null ? { ...row, fileSystem: here } : row));
}

/** Those that do not tell that others have the same. */
const UNTOLD: ReadonlySet<FileSystemKind> = new Set(['local', 'autofs']);

/** That a node has its webroot on a disk of its own, and others on what they share. Where one node has it mounted at a time, that is as it should be. */
export function mountMissing(
  { nodes, webServer }: Pick<Config, 'nodes' | 'webServer'>,
  { node, fileSystem }: Row,
  rows: readonly Row[],
): FindingOf<'directory-not-shared'> | null {
  if (fileSystem?.kind !== 'local' || webServer.runsOn === 'holder') return null;
  const isSharedElsewhere = rows.some(({ fileSystem: other }) => other && !UNTOLD.has(other.kind));
  const directory = nodes.find(({ name }) => name === node)?.webroot;
  if (!isSharedElsewhere || directory === undefined) return null;
  return { code: 'directory-not-shared', directory, type: fileSystem.type };
}
