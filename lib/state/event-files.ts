import { constants, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { hasErrorCode, isAbsent } from '../base/errors.ts';
import { layoutOf } from './layout.ts';

/** How many are kept beside the newest. */
export const OLD_EVENT_FILES = 4;

/** Where events lie, the newest ones first. */
export function eventFiles(stateDir: string): readonly string[] {
  const { events, oldEventsOf } = layoutOf(stateDir);
  return [events, ...Array.from({ length: OLD_EVENT_FILES }, (_, index) => oldEventsOf(index + 1))];
}

export interface OpenedEvents {
  readonly handle: FileHandle;
  readonly stat: Stats;
}

/** Opens one to be read; null where there is none, or something else in its place, be it a link or a pipe. */
export async function openEvents(file: string): Promise<OpenedEvents | null> {
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = await handle.stat();
    if (stat.isFile()) return { handle, stat };
    await handle.close();
  } catch (error) {
    if (!isAbsent(error) && !hasErrorCode(error, 'ENXIO')) throw error;
  }
  return null;
}
