import { readFileSync, type Stats } from 'node:fs';
import { CertbotHaError, isUnreadable, type SystemError } from '../base/errors.ts';
import type { Finding } from '../findings/register.ts';
import { withPlainFile } from './read-now.ts';

/** Why a file that holds a secret is not read. */
export type Unread =
  | { readonly why: 'unreadable'; readonly error: SystemError }
  | { readonly why: 'another user'; readonly uid: number }
  | { readonly why: 'open'; readonly mode: string }
  | { readonly why: 'too large'; readonly bytes: number };

export interface PrivateFile {
  /** the rights that it may have at most */
  readonly mode: number;
  readonly maxBytes: number;
  readonly findingOf: (unread: Unread) => Finding;
  /** the next step, where there is one; default: none */
  readonly hintFor?: (unread: Unread) => string | undefined;
}

/**
 * The text of a plain file that root, or this process's user, owns and that is no more open than it may be. Whoever owns it knows it,
 * and can change it.
 * @throws {CertbotHaError} `config` with what `findingOf` makes of it, before a byte is read; else as `withPlainFile`
 */
export function readPrivateFile(file: string, options: PrivateFile): string {
  const { findingOf, hintFor } = options;
  const refuse = (unread: Unread, cause?: unknown) => {
    const hint = hintFor?.(unread);
    return new CertbotHaError('config', findingOf(unread), { cause, ...(hint && { hint }) });
  };
  try {
    return withPlainFile(file, (descriptor, stat) => {
      const exposed = exposureOf(stat, options);
      if (exposed !== null) throw refuse(exposed);
      return readFileSync(descriptor, 'utf8');
    });
  } catch (error) {
    throw isUnreadable(error) ? refuse({ why: 'unreadable', error }, error) : error;
  }
}

function exposureOf(
  { mode, size, uid }: Stats,
  wanted: Pick<PrivateFile, 'mode' | 'maxBytes'>,
): Exclude<Unread, { readonly why: 'unreadable' }> | null {
  if (uid !== 0 && uid !== (process.getuid?.() ?? 0)) return { why: 'another user', uid };
  if ((mode & 0o777 & ~wanted.mode) !== 0) return { why: 'open', mode: octal(mode) };
  return size > wanted.maxBytes ? { why: 'too large', bytes: size } : null;
}

/** A file's rights as chmod(1) takes them: `0640`. */
export function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}
