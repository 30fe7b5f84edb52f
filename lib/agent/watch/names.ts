import { pause } from '../../system/pause.ts';
import { createBell } from './bell.ts';
import { createPace, createPaces } from './pace.ts';
import { createQueue, type Queue } from './queue.ts';

export interface NamesOptions {
  /** looks at one file; two looks at the same one may overlap */
  readonly look: (name: string) => Promise<void>;
  /** the names that have to be looked at where it is not known what has changed */
  readonly list: () => Promise<readonly string[]>;
  readonly signal: AbortSignal;
}

/** Names of files that are to be looked at. */
export interface Names {
  add(name: string): void;
  /** Anything may have changed. @param afterMs milliseconds until that is looked at; default 0 */
  addAll(afterMs?: number): void;
  /** resolves when the signal has aborted; rejects for a bug */
  readonly ended: Promise<void>;
}

/** What a program may cost that writes one file after another: a tenth of a core. */
const PACE = { burst: 20_000, perSecond: 1_000 };
/** A file that is rewritten without end. One that is written, removed and written again has some looks each time. */
const PACE_OF_ONE = { burst: 30, perSecond: 10 };
/** More than the system has threads for, and so few that nobody else waits for long who reads a file. */
const SIDE_BY_SIDE = 8;
const MAX_NAMES = 20_000;
/** The system keeps 16384 events for who is late, and does not say that it has dropped others. */
const STORM = 4_000;
/** After a storm everything is looked at again, and no sooner, since whoever makes it may go on. */
export const REST_AFTER_STORM_MS = 5_000;

/** Looks at what waits in a queue. `begin` is to be called when something was put there. */
function startLooking(queue: Queue, look: NamesOptions['look'], signal: AbortSignal) {
  const pace = createPace(PACE);
  let busy = 0;
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });

  async function work(): Promise<void> {
    busy += 1;
    for (let name = queue.take(); name !== null && !signal.aborted; name = queue.take()) {
      await look(name);
      await pace(signal);
    }
    busy -= 1;
  }

  const begin = () => {
    if (busy < SIDE_BY_SIDE) work().catch(fail);
  };
  return { begin, failed };
}

/** Looks at files, at some side by side, and at each once however often it is named meanwhile. Without any, no timer runs. */
export function startNames({ look, list, signal }: NamesOptions): Names {
  const bell = createBell(signal);
  const waitOf = createPaces(PACE_OF_ONE);
  const putOff = new Set<string>();
  const queue = createQueue(MAX_NAMES, () => addAll(REST_AFTER_STORM_MS));
  const { begin, failed } = startLooking(queue, look, signal);
  let events = 0;
  let listAtMs: number | null = null;

  function addAll(afterMs = 0): void {
    listAtMs = Math.min(listAtMs ?? Infinity, performance.now() + afterMs);
    bell.ring();
  }

  async function later(name: string, waitMs: number): Promise<void> {
    putOff.add(name);
    await pause(waitMs, signal);
    putOff.delete(name);
    queue.add(name);
    begin();
  }

  async function lookAtAll(): Promise<void> {
    while (!signal.aborted) {
      const restMs = listAtMs === null ? undefined : listAtMs - performance.now();
      if (restMs === undefined || restMs > 0) {
        await bell.heard(restMs);
        continue;
      }
      listAtMs = null;
      queue.addBehind(await list());
      for (let count = 0; count < SIDE_BY_SIDE; count += 1) begin();
    }
  }

  return {
    add: (name) => {
      events += 1;
      if (events % STORM === 0) addAll(REST_AFTER_STORM_MS);
      if (putOff.has(name) || queue.has(name)) return;
      const waitMs = waitOf(name);
      if (waitMs > 0) return void later(name, waitMs);
      queue.add(name);
      begin();
    },
    addAll,
    ended: Promise.race([lookAtAll(), failed]),
  };
}
