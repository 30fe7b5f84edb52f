import type { Webroot } from '../challenge/webroot.ts';
import { deadline } from '../system/deadline.ts';
import { unlessHung } from '../system/hung.ts';
import type { Turn, WorkOptions } from '../system/in-turn.ts';

/** A batch of 500 on a slow disk, or a directory that somebody has filled; who presents challenges waits for 10 s. */
const MANY_MS = 8_000;

/**
 * A webroot whose file system may hang: what looks at one file has a second, all else 8 s. What is written
 * or removed for others waits so long for a file system that is slow just now; what only looks is refused then.
 * Of one token, a change begins when the one before it has come to its end, also where whoever asked for that has gone.
 * @param isOwn what goes on by itself, as the watch does, misses nothing: it stays until the file system answers again
 */
export function webrootInTurn(webroot: Webroot, turn: Turn, isOwn = false): Webroot {
  const [whileHung, whileChanging] = isOwn ? (['stay', 'stay'] as const) : (['refuse', 'wait'] as const);
  const one: WorkOptions = { whileHung };
  const many: WorkOptions = { whileHung, limitMs: MANY_MS };
  const change: WorkOptions = { whileHung: whileChanging, limitMs: MANY_MS };
  const inOrder = changesInOrder();
  const changing = async <T>(tokens: readonly string[], work: () => Promise<T>): Promise<T> =>
    await inOrder<T>(tokens, async (before, running) => {
      if (before !== null)
        await (isOwn ? before : unlessHung(webroot.directory, deadline(MANY_MS), async () => await before));
      return await turn(async () => await running(work()), change);
    });
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
    write: async (challenges, signal) => {
      const tokens = challenges.map(({ token }) => token);
      await changing(tokens, async () => await webroot.write(challenges, signal));
    },
    remove: async (tokens) => await changing(tokens, async () => await webroot.remove(tokens)),
  };
}

type Ask<T> = (before: Promise<unknown> | null, running: (work: Promise<T>) => Promise<T>) => Promise<T>;

/**
 * Hands each change the end of those before it that share a token with it, as a rule none. Its own end is that of its work, and not of whoever waits
 * for that: what is removed while it is still written would stay.
 */
function changesInOrder() {
  const changes = new Set<{ readonly tokens: ReadonlySet<string>; readonly ended: Promise<unknown> }>();
  return async <T>(tokens: readonly string[], ask: Ask<T>): Promise<T> => {
    const before = [...changes].filter((change) => tokens.some((token) => change.tokens.has(token)));
    let work: Promise<T> | null = null;
    const running = async (begun: Promise<T>) => await (work = begun);
    const asked = ask(before.length === 0 ? null : Promise.all(before.map(({ ended }) => ended)), running);
    const change = {
      tokens: new Set(tokens),
      ended: Promise.allSettled([asked]).then(async () => await Promise.allSettled([work])),
    };
    changes.add(change);
    void change.ended.then(() => changes.delete(change));
    return await asked;
  };
}
