import { link, rename } from 'node:fs/promises';
import { withLock } from '../system/lock.ts';
import { statOf } from '../system/read-file.ts';
import { removeIfThere, writeWhole } from '../system/write-file.ts';
import { OLD_EVENT_FILES } from './event-files.ts';
import { layoutOf, type StateLayout } from './layout.ts';

/**
 * Puts the events aside where there are more than so many bytes of them: `events.jsonl` becomes `.1`, and so on. The name is never
 * without a file, which the agent could not make. Whoever has the old one open loses nothing by that.
 * Rejects where another program holds the lock, which does the same.
 */
export async function rotateEvents(stateDir: string, atBytes: number): Promise<void> {
  const layout = layoutOf(stateDir);
  await withLock(layout.events, async () => await rotate(layout, atBytes), { waitMs: 0 });
}

async function rotate(
  { events: file, oldEventsOf }: Pick<StateLayout, 'events' | 'oldEventsOf'>,
  atBytes: number,
): Promise<void> {
  const stat = await statOf(file);
  if (stat === null || !stat.isFile() || stat.size < atBytes) return;
  const first = oldEventsOf(1);
  // One that was killed between the two has made the first step already.
  if ((await statOf(first))?.ino !== stat.ino) {
    for (let number = OLD_EVENT_FILES; number > 1; number -= 1)
      await moved(oldEventsOf(number - 1), oldEventsOf(number));
    await removeIfThere(first);
    await link(file, first);
  }
  const { mode, uid, gid } = stat;
  await writeWhole(file, '', { mode: mode & 0o777, uid, gid, isShared: true, isDurable: false });
}

async function moved(from: string, to: string): Promise<void> {
  if ((await statOf(from)) !== null) await rename(from, to);
}
