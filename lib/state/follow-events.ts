import { watch, type FSWatcher } from 'node:fs';
import { basename } from 'node:path';
import { statOf } from '../system/read-file.ts';
import type { Turn } from '../system/in-turn.ts';
import { pause } from '../system/pause.ts';
import type { LoggedEvent } from './event.ts';
import { eventFiles, openEvents } from './event-files.ts';
import { createEventTail, type EventTail } from './event-tail.ts';
import { layoutOf } from './layout.ts';

/** How far events have been followed: a file, whatever its name is by now, and the bytes that have been read of it. */
export interface EventPosition {
  readonly ino: number;
  readonly offset: number;
}

export interface FollowOptions {
  readonly signal: AbortSignal;
  /** `end`, the default: what comes from now on; `start`: first all that is kept; or where somebody has stopped */
  readonly from?: 'start' | 'end' | EventPosition;
  /** gets them in their order, some at a time; the next ones wait for it */
  readonly onEvents: (events: readonly LoggedEvent[], position: EventPosition) => void | Promise<void>;
  /** called once, when whatever is written from now on will be seen, with where that begins; `start`: there is no file yet */
  readonly onReady?: (position: EventPosition | 'start') => void;
  /** for each look at the files; default: no limit. Rejects with what it throws. */
  readonly turn?: Turn;
  /** how often to look where the system tells of no change, in milliseconds; default 5 s */
  readonly lookEveryMs?: number;
}

/** Where inotify has no watch left, or stateDir is not there yet. */
const LOOK_EVERY_MS = 5_000;

/**
 * Hands on events as they are written, also over the files that are put aside meanwhile, until the signal aborts. It looks when the
 * system tells of a change, and does nothing else in between. Rejects with the system's error where a file cannot be read, and
 * with what `onEvents` throws.
 */
export async function followEvents(stateDir: string, options: FollowOptions): Promise<void> {
  const { signal, from = 'end', onEvents, onReady, lookEveryMs = LOOK_EVERY_MS } = options;
  const { turn = async (work) => await work() } = options;
  let [tails, isOver]: [readonly EventTail[], boolean] = [[], false];
  // What hangs may come back when nobody follows any more.
  const tell: FollowOptions['onEvents'] = async (...given) => {
    if (!isOver) await onEvents(...given);
  };
  const opening = async (open: () => Promise<readonly EventTail[]>) =>
    await turn(async () => {
      const opened = await open();
      if (isOver) await closeAll(opened);
      return opened;
    });
  let changes: ReturnType<typeof watchEvents> | null = null;
  try {
    // Before it is watched: the call for that waits for the file system, and with it this process.
    tails = await opening(async () => await firstTails(stateDir, from));
    changes = watchEvents(stateDir, signal, lookEveryMs);
    onReady?.(positionOf(tails.at(-1)) ?? 'start');
    while (!signal.aborted) {
      for (const tail of tails) await turn(async () => await handOn(tail, tell));
      const newer = await opening(async () => await newerTails(stateDir, tails.at(-1)));
      // Whoever has opened the last one before it was put aside may still write there.
      const kept = newer.length > 0 ? [...tails, ...newer].slice(-2) : tails;
      const all = [...tails, ...newer];
      tails = all;
      for (const tail of newer) await turn(async () => await handOn(tail, tell));
      await closeAll(all.filter((tail) => !kept.includes(tail)));
      tails = kept;
      if (newer.length === 0) await changes.next();
    }
  } finally {
    isOver = true;
    changes?.close();
    // One that hangs is closed when its read comes back.
    void closeAll(tails).catch(() => undefined);
  }
}

async function closeAll(tails: readonly EventTail[]): Promise<void> {
  await Promise.all(tails.map(async (tail) => await tail.close()));
}

async function handOn(tail: EventTail, onEvents: FollowOptions['onEvents']): Promise<void> {
  for await (const events of tail.news()) await onEvents(events, { ino: tail.ino, offset: tail.offset() });
}

async function firstTails(
  stateDir: string,
  from: NonNullable<FollowOptions['from']>,
): Promise<readonly EventTail[]> {
  if (from === 'start') return (await tailsSince(stateDir, null)).newer;
  if (from === 'end') {
    const opened = await openEvents(layoutOf(stateDir).events);
    return opened === null ? [] : [createEventTail(opened.handle, opened.stat.ino, opened.stat.size)];
  }
  const { here, newer } = await tailsSince(stateDir, from);
  // Gone since: all that is kept has been written after it.
  return here === null ? newer : [here, ...newer];
}

function positionOf(tail: EventTail | undefined): EventPosition | null {
  return tail === undefined ? null : { ino: tail.ino, offset: tail.offset() };
}

/** Those that have come since the last look, the oldest first. */
async function newerTails(stateDir: string, last: EventTail | undefined): Promise<readonly EventTail[]> {
  const position = positionOf(last);
  const { here, newer } = await tailsSince(stateDir, position);
  await here?.close();
  if (here !== null || position === null) return newer;
  // Somebody has removed it: what is older than the newest has been handed on already.
  const newest = (await statOf(layoutOf(stateDir).events))?.ino;
  for (const tail of newer) if (tail.ino !== newest) await tail.close();
  return newer.filter(({ ino }) => ino === newest);
}

/** The file of that position, or null, and those that are newer, the oldest first; all of them where it is not there. */
async function tailsSince(stateDir: string, position: EventPosition | null) {
  const newer: EventTail[] = [];
  for (const file of eventFiles(stateDir)) {
    const opened = await openEvents(file);
    if (opened === null) continue;
    const { handle, stat } = opened;
    if (stat.ino === position?.ino)
      return { here: createEventTail(handle, stat.ino, position.offset), newer };
    if (newer.some(({ ino }) => ino === stat.ino)) await handle.close();
    else newer.unshift(createEventTail(handle, stat.ino, 0));
  }
  return { here: null, newer };
}

/** Tells of changes to the files of events. */
function watchEvents(stateDir: string, signal: AbortSignal, lookEveryMs: number) {
  const name = basename(layoutOf(stateDir).events);
  let watcher: FSWatcher | null = null;
  let isChanged = false;
  let wake = () => {};
  const look = () => {
    isChanged = true;
    wake();
  };
  const blind = () => {
    watcher?.close();
    watcher = null;
    wake();
  };
  const begin = () => {
    try {
      watcher = watch(stateDir, (_type, file) => {
        if (file === null || file.startsWith(name)) look();
      }).on('error', blind);
      isChanged = true;
    } catch {
      // Looked at now and then, until there is something to watch.
    }
  };
  begin();
  const onAbort = () => wake();
  signal.addEventListener('abort', onAbort, { once: true });
  return {
    /** Resolves at the next change, or when it is time to look without. */
    async next(): Promise<void> {
      if (watcher === null) {
        await pause(lookEveryMs, signal);
        begin();
        return;
      }
      if (!isChanged && !signal.aborted) await new Promise<void>((resolve) => void (wake = resolve));
      isChanged = false;
    },
    close() {
      signal.removeEventListener('abort', onAbort);
      watcher?.close();
    },
  };
}
