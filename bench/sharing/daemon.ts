import type { LabHost, RunOptions } from '../../test/lab/contract.ts';
import { eventually } from '../../test/lab/eventually.ts';

/** What runs on a host until it is stopped. */
export interface HostDaemon {
  stop(): Promise<void>;
}

export interface HostDaemonOptions {
  readonly env?: RunOptions['env'];
  /** What it prints when it is ready. */
  readonly ready: string;
  readonly onOutput?: (chunk: string) => void;
}

const START_MS = 20_000;
/** The bench is over long before. */
const LIFE_MS = 4 * 3_600_000;

export async function startOn(
  host: LabHost,
  argv: readonly string[],
  { env = {}, ready, onOutput }: HostDaemonOptions,
): Promise<HostDaemon> {
  const ending = new AbortController();
  let log = '';
  let ended: Error | undefined;
  const run = host.run(argv, {
    env,
    timeoutMs: LIFE_MS,
    signal: ending.signal,
    onOutput(chunk) {
      if (log.length < 10_000) log += chunk;
      onOutput?.(chunk);
    },
  });
  const done = run.then(
    ({ stderr }) => void (ended = new Error(`${argv.join(' ')}: ended\n${stderr.slice(-2_000)}`)),
    (error: Error) => void (ended = error),
  );
  const isReady = async () => {
    if (ended !== undefined) throw ended;
    return log.includes(ready);
  };
  await eventually(isReady, { timeoutMs: START_MS, what: `${argv.join(' ')}: ready` });
  return {
    async stop() {
      ending.abort();
      await done;
    },
  };
}
