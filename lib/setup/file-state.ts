import type { Stats } from 'node:fs';
import { isUnreadable } from '../base/errors.ts';
import { exists, targetOf, textOf } from '../system/read-file.ts';

/** A file as it is to be. */
export interface NewFile {
  readonly file: string;
  readonly content: string;
  /** the rights that it may have at most */
  readonly mode: number;
  /** the group that is to read it; null: whichever the file system gives it */
  readonly gid: number | null;
  /** who may own it, beside root; null, the default: anybody */
  readonly uid?: number | null;
  /** one that is there already stays, by force too */
  readonly isKept?: boolean;
}

/** Who may do what with a file. */
export interface Rights {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** What is there instead of a file: nothing; the same; the same with other rights, and those that it needs; something else. */
export type FileState =
  | { readonly is: 'absent' | 'same' | 'other content' }
  | { readonly is: 'other rights'; readonly before: Rights; readonly needed: Rights };

/** How a file is there, through links. */
export async function stateOf(entry: NewFile): Promise<FileState> {
  const { file, content } = entry;
  if (!(await exists(file))) return { is: 'absent' };
  const stat = await targetOf(file);
  const text = await textOf(file).catch((error: unknown) => {
    if (isUnreadable(error)) return null;
    throw error;
  });
  if (stat === null || text !== content) return { is: 'other content' };
  const [before, needed] = [rightsOf(stat), neededRights(entry, stat)];
  const isSame = before.mode === needed.mode && before.uid === needed.uid && before.gid === needed.gid;
  return isSame ? { is: 'same' } : { is: 'other rights', before, needed };
}

function rightsOf({ mode, uid, gid }: Stats): Rights {
  return { mode: mode & 0o7777, uid, gid };
}

/** What somebody has taken from others stays taken, but for the group that has to read it. */
function neededRights({ mode, gid, uid = null }: NewFile, stat: Stats): Rights {
  const forGroup = gid === null ? 0 : mode & 0o040;
  return {
    mode: (stat.mode & mode) | forGroup,
    uid: uid === null || stat.uid === 0 ? stat.uid : uid,
    gid: gid ?? stat.gid,
  };
}
