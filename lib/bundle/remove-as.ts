import { runAs, type Owner } from './run-as.ts';

/**
 * Removes paths in a directory that belongs to somebody else, with that somebody's rights. Absence is
 * no error; false when something is left, such as a directory of a third user's.
 */
export async function removeAs(owner: Owner, paths: readonly string[]): Promise<boolean> {
  const { code } = await runAs(owner, ['rm', '-rf', '--one-file-system', '--', ...paths]);
  return code === 0;
}
