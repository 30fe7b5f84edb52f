import { setImmediate as aTurn } from 'node:timers/promises';

/** What Node.js has warned of on stderr while the work was done, by its name. */
export async function warningsOf(work: () => Promise<unknown>): Promise<readonly string[]> {
  const names: string[] = [];
  const onWarning = ({ name }: Error) => void names.push(name);
  process.on('warning', onWarning);
  try {
    await work();
    await aTurn(); // they are told of later
    return names;
  } finally {
    process.off('warning', onWarning);
  }
}
