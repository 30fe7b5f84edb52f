import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMadeUp } from '../../challenge/challenge.ts';
import { expectedFindings } from '../../base/expected.ts';
import { orNone, statOf } from '../../system/read-file.ts';
import { DAY_MS, MINUTE_MS } from '../../system/spans.ts';
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
const MAX_AGE_MS = 100 * DAY_MS;

/** A write waits for the disk, and peers say how often there is something new. */
const KEEP_EVERY_MS = MINUTE_MS;

export interface ThumbprintOptions {
  /** default: whole and durably */
  readonly write?: (file: string, text: string) => Promise<void>;
  /** milliseconds from the end of one write to the next; default a minute */
  readonly everyMs?: number;
}

/** @param directory the agent's own, where it is kept */
export async function openThumbprint(
  directory: string,
  { write = writeKept, everyMs = KEEP_EVERY_MS }: ThumbprintOptions = {},
): Promise<LastThumbprint> {
  const file = join(directory, FILE);
  let last = await readKept(file);
  let isKeeping = false;

  /** The newest, one at a time. What cannot be kept, or was not yet, is known until the next restart. */
  const keep = async () => {
    if (isKeeping || last === null) return;
    isKeeping = true;
    const { thumbprint } = last;
    await write(file, `${thumbprint}\n`).catch(expectedFindings);
    await sleep(everyMs, undefined, { ref: false });
    isKeeping = false;
    if (last.thumbprint !== thumbprint) void keep();
  };

  return {
    learn: (keyAuthorization) => {
      const thumbprint = keyAuthorization.split('.')[1] ?? '';
      if (!THUMBPRINT.test(thumbprint) || isMadeUp(thumbprint)) return;
      const isNew = thumbprint !== last?.thumbprint || Date.now() - last.atMs > MAX_AGE_MS / 10;
      if (!isNew) return;
      last = { thumbprint, atMs: Date.now() };
      void keep();
    },
    known: () => (last !== null && Date.now() - last.atMs <= MAX_AGE_MS ? last.thumbprint : null),
  };
}

async function writeKept(file: string, text: string): Promise<void> {
  await writeWhole(file, text, { mode: 0o644, isShared: true });
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
