import { inspect } from 'node:util';
import { DemoFailure } from './demo/failure.ts';
import { createScreen, wantsColour } from './demo/screen.ts';
import { show } from './demo/show.ts';

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // Once: a second one ends the process at once, and the lab with it.
  process.once(signal, () => interruption.abort(new DemoFailure(`interrupted by ${signal}`)));
}
const screen = createScreen({
  write: (text) => process.stdout.write(text),
  isColoured: wantsColour(process.env, process.stdout.isTTY),
});
try {
  await show(screen, interruption.signal);
} catch (error) {
  process.stderr.write(`\nThe demo failed: ${explain(error)}\n`);
  process.exitCode = 1;
}

/** The lab says in plain errors what went wrong; any other is a bug and shows its stack. */
function explain(error: unknown): string {
  const isPlain =
    error instanceof Error && [DemoFailure, Error].includes(error.constructor as ErrorConstructor);
  return isPlain ? error.message : inspect(error);
}
