import type { Progress } from '../base/io.ts';
import { cutTo, widthOf } from '../base/width.ts';

/** Where the line of what is waited for is drawn. */
export interface Screen {
  readonly write: (text: string) => void;
  /** as it is now; undefined where nobody knows */
  readonly columns: () => number | undefined;
  /** Does this once, before a signal ends the program; absent: nothing does. */
  readonly beforeSignals?: (act: () => void) => void;
}

/** A line that whoever writes something else takes away before. */
export interface ProgressLine extends Progress {
  readonly erase: () => void;
}

/** Who waits less long needs not be told. */
const FIRST_MS = 1_000;
const AGAIN_MS = 250;
const DEFAULT_COLUMNS = 80;
/** To the line's beginning, and what is there away. */
const ERASED = '\r\u001b[K';

interface Wait {
  readonly what: () => string;
  readonly sinceMs: number;
}

/**
 * What is waited for and for how long, in one line that is drawn over and over again. Nothing within the first second, and
 * nothing is left of it when all is over.
 */
export function createProgressLine(screen: Screen, now: () => number = Date.now): ProgressLine {
  const waits = new Set<Wait>();
  let [isDrawn, isListening, pauses, quietUntilMs] = [false, false, 0, 0];
  let timer: NodeJS.Timeout | undefined;
  const erase = () => {
    if (isDrawn) screen.write(ERASED);
    isDrawn = false;
  };
  const listen = () => {
    if (isListening) return;
    isListening = true;
    screen.beforeSignals?.(() => {
      isListening = false;
      erase();
    });
  };
  const draw = () => {
    if (pauses > 0 || now() < quietUntilMs || waits.size === 0) return;
    // The last column would take the cursor to the next line on some terminals.
    screen.write(ERASED + lineOf([...waits], now(), (screen.columns() || DEFAULT_COLUMNS) - 1));
    isDrawn = true;
    listen();
  };
  return {
    erase,
    waitFor: (what) => {
      if (waits.size === 0) quietUntilMs = now() + FIRST_MS;
      const wait = { what: typeof what === 'string' ? () => what : what, sinceMs: now() };
      waits.add(wait);
      timer ??= setInterval(draw, AGAIN_MS).unref();
      return () => {
        waits.delete(wait);
        if (waits.size > 0) return;
        clearInterval(timer);
        timer = undefined;
        erase();
      };
    },
    pause: () => {
      pauses += 1;
      erase();
      let isOver = false;
      return () => {
        if (!isOver) pauses -= 1;
        isOver = true;
        quietUntilMs = now() + FIRST_MS;
      };
    },
  };
}

/** The first is the command itself: what it waits for tells more. What is cut off are names, and not the time. */
function lineOf(waits: readonly Wait[], nowMs: number, columns: number): string {
  const inner = waits.length > 1 ? waits.slice(1) : waits;
  const sinceMs = Math.min(...inner.map((wait) => wait.sinceMs));
  const whats = [...new Set(inner.map(({ what }) => what()))].join(', ');
  const time = ` … ${Math.floor((nowMs - sinceMs) / 1000)} s`;
  return cutTo(cutTo(`waiting for ${whats}`, columns - widthOf(time)) + time, columns);
}
