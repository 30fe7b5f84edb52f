import { isSystemError } from '../base/expected.ts';
import type { Finding } from '../findings/register.ts';

/** Why a file of a lineage cannot be read; null where it is not the system that says so. */
export function unreadable(error: unknown, file: string): Finding | null {
  if (!isSystemError(error)) return null;
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return { code: 'file-missing', file };
    case 'EINVAL':
      return { code: 'not-a-link', file };
    default:
      return { code: 'file-unreadable', file, error: error.code };
  }
}
