import type { LabHost, RunOptions } from './contract.ts';
import { eventually } from './eventually.ts';

/** What runs on a host of the lab until it is stopped. */
export interface HostDaemon {
  /** SIGKILL to it and its descendants; resolves when it is gone. */
  stop(): Promise<void>;
}

export interface HostDaemonOptions extends Pick<RunOptions, 'env' | 'onOutput'> {
  /** What it prints when it is ready. */
  readonly ready: RegExp;
}

const START_MS = 20_000;
/** Every test and the bench are over long before. */
const LIFE_MS = 4 * 3_600_000;

/** Resolves when it is ready; throws with what it printed when it ends before, and when it is late. */
export async function startOn(
  host: LabHost,
  argv: readonly string[],
  { ready, onOutput, ...options }: HostDaemonOptions,
): Promise<HostDaemon> {
  const over = new AbortController();
  let [log, isReady] = ['', false];
  let ended: string | null = null;
  const run = host.run(argv, {
    ...options,
    timeoutMs: LIFE_MS,
    signal: over.signal,
    onOutput(chunk) {
      if (!isReady) log += chunk;
      onOutput?.(chunk);
    },
  });
  const done = run.then(
    () => void (ended = 'ended'),
    (error: Error) => void (ended = error.message),
  );
  const stop = async () => {
    over.abort();
    await done;
  };
  try {
    await eventually(
      async () => {
        if (ended !== null) throw new Error(ended);
        return ready.test(log);
      },
      { timeoutMs: START_MS, what: 'ready' },
    );
  } catch (cause) {
    await stop();
    throw new Error(`${argv.join(' ')}: ${(cause as Error).message}\n${log.slice(-2_000)}`, { cause });
  }
  isReady = true;
  return { stop };
}
