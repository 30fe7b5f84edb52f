import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { start, type Ended } from './program.ts';

/** A certbot that runs hooks, one after another, until it is ended. */
export interface LastingCertbot {
  readonly pid: number;
  run(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended>;
  kill(): Promise<void>;
}

/** By its name and program a certbot, as far as hooks can tell. */
const SCRIPT = fileURLToPath(new URL('certbot', import.meta.url));

export function startLastingCertbot(): LastingCertbot {
  const program = start(['python3', SCRIPT], { input: null });
  const { stdin, stdout } = program.child;
  if (stdin === null || stdout === null) throw new Error('python3: no pipes');
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  let last: Promise<unknown> = Promise.resolve();
  return {
    pid: program.pid,
    run: async (argv, env) => {
      const ended = last.then(async () => {
        stdin.write(`${JSON.stringify({ argv, env })}\n`);
        return JSON.parse(String((await lines.next()).value)) as Ended;
      });
      last = ended.catch(() => undefined);
      return await ended;
    },
    kill: program.kill,
  };
}
