import type { Webroot } from '../challenge/webroot.ts';
import type { Turn, WorkOptions } from '../system/in-turn.ts';

/** A batch of 500 on a slow disk, or a directory that somebody has filled; who presents challenges waits for 10 s. */
const MANY_MS = 8_000;

/**
 * A webroot whose file system may hang: what looks at one file has a second, all else 8 s. What is written
 * or removed for others waits so long for a file system that is slow just now; what only looks is refused then.
 * @param isOwn what goes on by itself, as the watch does, misses nothing: it stays until the file system answers again
 */
export function webrootInTurn(webroot: Webroot, turn: Turn, isOwn = false): Webroot {
  const [whileHung, whileChanging] = isOwn ? (['stay', 'stay'] as const) : (['refuse', 'wait'] as const);
  const one: WorkOptions = { whileHung };
  const many: WorkOptions = { whileHung, limitMs: MANY_MS };
  const change: WorkOptions = { whileHung: whileChanging, limitMs: MANY_MS };
  return {
    directory: webroot.directory,
    check: async () => await turn(webroot.check, one),
    canWrite: async () => await turn(webroot.canWrite, one),
    read: async (token) => await turn(async () => await webroot.read(token), one),
    isDenied: async (token) => await turn(async () => await webroot.isDenied(token), one),
    list: async () => await turn(webroot.list, many),
    young: async (options) => await turn(async () => await webroot.young(options), many),
    isInUse: async () => await turn(webroot.isInUse, many),
    expire: async (...given) => await turn(async () => await webroot.expire(...given), many),
    write: async (challenges) => await turn(async () => await webroot.write(challenges), change),
    remove: async (tokens) => await turn(async () => await webroot.remove(tokens), change),
  };
}
