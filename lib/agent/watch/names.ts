import { createBell } from './bell.ts';
import { createPace } from './pace.ts';

export interface NamesOptions {
  readonly look: (name: string) => Promise<void>;
  /** the names that have to be looked at where it is not known what has changed */
  readonly list: () => Promise<readonly string[]>;
  readonly signal: AbortSignal;
}

/** Names of files that are to be looked at. */
export interface Names {
  add(name: string): void;
  /** Anything may have changed. */
  addAll(): void;
  /** resolves when the signal has aborted; rejects for a bug */
  readonly ended: Promise<void>;
}

/** What a file that is rewritten without end may cost: some per cent of a core. */
const PACE = { burst: 500, perSecond: 200 };
const MAX_NAMES = 2_000;
/** The system keeps 16384 events for who is late, and does not say that it has dropped others. */
const STORM = 4_000;
/** After a storm everything is looked at again, and no sooner, since whoever makes it may go on. */
const REST_AFTER_STORM_MS = 5_000;

/** Looks at files one after another, at each once however often it is named meanwhile. Without any, no timer runs. */
export function startNames({ look, list, signal }: NamesOptions): Names {
  const names = new Set<string>();
  const bell = createBell(signal);
  const pace = createPace(PACE);
  let count = 0;
  let listAtMs: number | null = null;

  async function lookAtEach(): Promise<void> {
    // Those that come meanwhile are for the next time, lest a file that is rewritten without end keeps it from coming back.
    const due = [...names];
    for (const name of due) {
      await pace(signal);
      if (signal.aborted) return;
      names.delete(name); // before it is looked at: it may be named again meanwhile
      await look(name);
    }
    if (count > STORM) listAtMs ??= performance.now() + REST_AFTER_STORM_MS;
    count = 0;
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      await lookAtEach();
      const restMs = listAtMs === null ? undefined : listAtMs - performance.now();
      if (restMs !== undefined && restMs <= 0) {
        listAtMs = null;
        for (const name of await list()) names.add(name);
      } else await bell.heard(restMs);
    }
  }

  return {
    add: (name) => {
      if (names.size < MAX_NAMES) names.add(name);
      count += names.has(name) ? 1 : STORM;
      bell.ring();
    },
    addAll: () => {
      listAtMs = performance.now();
      bell.ring();
    },
    ended: run(),
  };
}
