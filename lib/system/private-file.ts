import { readFileSync, type Stats } from 'node:fs';
import { withPlainFile } from './read-now.ts';

/** Why a file that holds a secret is not read. */
export type Exposed =
  | { readonly why: 'another user'; readonly uid: number }
  | { readonly why: 'open'; readonly mode: string }
  | { readonly why: 'too large'; readonly bytes: number };

export interface PrivateFile {
  /** the rights that it may have at most */
  readonly mode: number;
  readonly maxBytes: number;
  /** what is thrown where it is exposed */
  readonly refuse: (exposed: Exposed) => Error;
}

/**
 * The text of a plain file that root, or this process's user, owns and that is no more open than it may be. Whoever owns it knows it,
 * and can change it.
 * @throws what `refuse` makes, before a byte is read; else as `withPlainFile`
 */
export function readPrivateFile(file: string, options: PrivateFile): string {
  return withPlainFile(file, (descriptor, stat) => {
    const exposed = exposureOf(stat, options);
    if (exposed !== null) throw options.refuse(exposed);
    return readFileSync(descriptor, 'utf8');
  });
}

function exposureOf(
  { mode, size, uid }: Stats,
  wanted: Pick<PrivateFile, 'mode' | 'maxBytes'>,
): Exposed | null {
  if (uid !== 0 && uid !== (process.getuid?.() ?? 0)) return { why: 'another user', uid };
  if ((mode & 0o777 & ~wanted.mode) !== 0) return { why: 'open', mode: octal(mode) };
  return size > wanted.maxBytes ? { why: 'too large', bytes: size } : null;
}

/** A file's rights as chmod(1) takes them: `0640`. */
export function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}
