import { LIMITS } from './limits.ts';
import { runCommand, type CommandResult } from './run-command.ts';

/**
 * Removes paths in a directory that belongs to somebody else, with that somebody's rights. Absence is
 * no error; false when something is left, such as a directory of a third user's.
 */
export async function removeAs(owner: Owner, paths: readonly string[]): Promise<boolean> {
  const { code } = await runAs(owner, ['rm', '-rf', '--one-file-system', '--', ...paths]);
  return code === 0;
}

/** Whom an inbox belongs to. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Whom stateDir belongs to. */
export const ROOT: Owner = { uid: 0, gid: 0 };

/**
 * Runs a program on paths in a directory that belongs to somebody else, as that somebody: a link that is
 * swapped in meanwhile leads to nothing which its owner could not have done without root's help.
 */
export async function runAs(owner: Owner, argv: readonly string[]): Promise<CommandResult> {
  const isRoot = process.getuid?.() === 0;
  return await runCommand(argv, {
    timeoutMs: LIMITS.inboxMs,
    // What root has in its environment is nothing that another user should read in /proc.
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    ...(isRoot && owner.uid !== 0 ? { user: { uid: owner.uid, gid: owner.gid } } : {}),
  });
}
