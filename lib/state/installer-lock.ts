import { withLock, type LockOptions } from '../system/lock.ts';
import { layoutOf } from './layout.ts';
import { makeStateDir } from './state-dir.ts';

/** Runs something while no installer works on this node. @throws {CertbotHaError} as `withLock` */
export async function withInstallerLock<T>(
  stateDir: string,
  run: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const { journal } = layoutOf(stateDir);
  await makeStateDir(stateDir);
  await makeStateDir(stateDir, { below: journal, mode: 0o700 });
  return await withLock(journal, run, options);
}
