import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readEvents, type ReadEventsOptions } from '../../../lib/state/read-events.ts';

/** A token, the thumbprint of an account, and a cluster's key have as many characters, or more; a name has dots. */
const SECRET = /[\w-]{43}|PRIVATE KEY/;

/** @throws where any program below a directory has written into its events what is to stay out of them */
export async function requireNoSecrets(directory: string): Promise<void> {
  const names = await readdir(directory, { recursive: true });
  for (const name of names.filter((path) => /(?:^|\/)events\.jsonl(?:\.\d+)?$/.test(path))) {
    const text = await readFile(join(directory, name), 'utf8').catch(() => ''); // gone meanwhile, or a directory
    const secret = SECRET.exec(text)?.[0];
    if (secret !== undefined)
      throw new Error(`${join(directory, name)}: ${secret}, in: ${text.slice(0, 2_000)}`);
  }
}

/** Events as they are compared: without when they were, and how long they took, which has to be told of what was done. */
export async function eventsIn(stateDir: string, options?: ReadEventsOptions) {
  const events = await readEvents(stateDir, options);
  return events.map((event) => {
    const { at: _at, ms, ...rest } = event;
    if (ms === undefined && rest.outcome === 'ok')
      throw new Error(`how long it took is not told: ${JSON.stringify(event)}`);
    return rest;
  });
}
