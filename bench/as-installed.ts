import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DIST } from '../test/support/cluster/built.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * A package compiles ahead where it is installed, by which a hook takes a fifth less. What is tested next is as it was built, also where a
 * signal ends the program. @param dist default: what was built
 */
export async function asInstalled<T>(measure: () => Promise<T>, dist = DIST): Promise<T> {
  const remove = () => rmSync(join(dist, 'compiled'), { recursive: true, force: true });
  const onSignal = (signal: NodeJS.Signals) => {
    remove();
    // Nobody waits for it a second time, so that it ends the program.
    process.kill(process.pid, signal);
  };
  for (const signal of SIGNALS) process.once(signal, onSignal);
  try {
    execFileSync(process.execPath, [join(dist, 'compile.js')]);
    return await measure();
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    remove();
  }
}
