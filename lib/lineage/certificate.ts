import { X509Certificate } from 'node:crypto';
import { textOf } from '../system/read-file.ts';

/** Null where it is no certificate: whoever needs one tells of it. */
export function certificateIn(pem: string | null): X509Certificate | null {
  if (pem === null) return null;
  try {
    return new X509Certificate(pem);
  } catch {
    return null;
  }
}

/** Null where there is none, or none that can be read: then nothing can be compared. */
export async function certificateAt(file: string): Promise<X509Certificate | null> {
  return certificateIn(await textOf(file).catch(() => null));
}
