import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CLONE } from '../../lab/dist.ts';
import { run } from '../programs/program.ts';

/** What a cluster is upgraded from, oldest first; earlier ones do not deliver to nodes whose directories have other names. */
export const EARLIER = ['11c8de8'] as const;

/** The last one without stamps: on booted hosts, where the directories of all nodes have the same names. */
export const STAMPLESS = '1123379';

/**
 * Builds an earlier version from the clone's own history, with the packages of now. Resolves to its `dist/`, or to the
 * reason why it cannot be had, which is none of a release's faults.
 */
export async function buildEarlier(
  commit: string,
  directory: string,
): Promise<{ readonly dist: string } | { readonly reason: string }> {
  const known = await run(['git', '-C', CLONE, 'cat-file', '-e', `${commit}^{commit}`]);
  if (known.code !== 0) return { reason: `no commit ${commit} in the history of ${CLONE}` };
  const source = join(directory, `certbot-ha-${commit}`);
  await rm(source, { recursive: true, force: true });
  await mkdir(source, { recursive: true });
  const unpack =
    'git -C "$1" archive "$2" | tar -x -C "$3" && cd "$3" && ln -s "$1/node_modules" . && exec npm run --silent build';
  const built = await run(['sh', '-c', unpack, 'sh', CLONE, commit, source]);
  return built.code === 0
    ? { dist: join(source, 'dist') }
    : { reason: `${commit} does not build: ${built.stderr}` };
}
