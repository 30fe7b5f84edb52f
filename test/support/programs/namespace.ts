import { spawnSync } from 'node:child_process';
import { run, type Ended } from './program.ts';

export const NO_MOUNT = 'file systems of one’s own cannot be mounted here (unshare -m needs root)';

export function canMount(): boolean {
  return spawnSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs none /mnt']).status === 0;
}

/** Runs a script where mounts are its own and go away with it. */
export async function inNamespace(
  script: string,
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  skip: (note: string) => never,
): Promise<Ended> {
  if (!canMount()) skip(NO_MOUNT);
  return await run(['unshare', '-m', 'sh', '-c', script, ...argv], { env });
}
