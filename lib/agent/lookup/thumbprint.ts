import { join } from 'node:path';
import { isMadeUp } from '../../challenge/challenge.ts';
import { expectedFindings } from '../../base/expected.ts';
import { orNone, statOf } from '../../system/read-file.ts';
import { readSmall } from '../../system/read-untrusted.ts';
import { writeWhole } from '../../system/write-file.ts';

/** The thumbprint of the account that was seen last, over a restart too. */
export interface LastThumbprint {
  /** takes it from a key authorization; that of a drill is none */
  readonly learn: (keyAuthorization: string) => void;
  /** null: none was seen, or too long ago */
  readonly known: () => string | null;
}

const FILE = 'thumbprint';
const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/;
/** A certificate lives for 90 days at the most where this matters. */
const MAX_AGE_MS = 100 * 24 * 3_600_000;

/** @param directory the agent's own, where it is kept */
export async function openThumbprint(directory: string): Promise<LastThumbprint> {
  const file = join(directory, FILE);
  let last = await readKept(file);
  return {
    learn: (keyAuthorization) => {
      const thumbprint = keyAuthorization.split('.')[1] ?? '';
      if (!THUMBPRINT.test(thumbprint) || isMadeUp(thumbprint)) return;
      const isNew = thumbprint !== last?.thumbprint || Date.now() - last.atMs > MAX_AGE_MS / 10;
      if (!isNew) return;
      last = { thumbprint, atMs: Date.now() };
      // What cannot be kept is known until the next restart.
      void writeWhole(file, `${thumbprint}\n`, { mode: 0o644, isShared: true }).catch(expectedFindings);
    },
    known: () => (last !== null && Date.now() - last.atMs <= MAX_AGE_MS ? last.thumbprint : null),
  };
}

async function readKept(file: string) {
  try {
    const [stat, text] = await Promise.all([orNone(statOf(file), null), readSmall(file, 128)]);
    const thumbprint = text?.trim() ?? '';
    return stat !== null && THUMBPRINT.test(thumbprint) ? { thumbprint, atMs: stat.mtimeMs } : null;
  } catch (error) {
    expectedFindings(error);
    return null;
  }
}
