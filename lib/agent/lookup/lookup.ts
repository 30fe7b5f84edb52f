import { isKeyAuthorization, isToken } from '../../challenge/challenge.ts';
import { deadline, forMany } from '../../system/deadline.ts';
import type { Responses } from '../responses.ts';
import { createRate, createRemembered, type Clock, type Remembered } from '../limits.ts';

/** What a peer has said: its response; null: it has none; undefined: it has not answered. */
export type Heard = string | null | undefined;

/** Who has the response to a challenge. */
export type Found =
  | { readonly by: 'webroot' | 'thumbprint'; readonly keyAuthorization: string }
  | { readonly by: 'peer'; readonly peer: string; readonly keyAuthorization: string };

/** Why there is none: the token is no token; no node has it; no peer has answered; too many were looked up just before. */
export type Missing = { readonly by: null; readonly why: 'malformed' | 'unknown' | 'cut off' | 'too many' };

/** Finds the response to a challenge. Never rejects, and takes 2 s at the most. */
export type Lookup = (token: string) => Promise<Found | Missing>;

/** What became of a look-up that has gone out, or was answered by the thumbprint in its place, and how long it took. */
export type LookupEnd = (found: Found | Missing, ms: number) => void;

export interface LookupOptions {
  /** what this node's webroot has */
  readonly responses: Responses;
  /** the peers to ask, by name */
  readonly peers: readonly string[];
  /** asks one peer for what its webroot has; never rejects */
  readonly ask: (peer: string, token: string, signal: AbortSignal) => Promise<Heard>;
  /** the thumbprint to answer with where no peer answers; null: none is known, or it is not wanted */
  readonly thumbprint: () => string | null;
  readonly onEnd: LookupEnd;
  /** what peers have answered; default: nothing yet */
  readonly heard?: Remembered<Found>;
  /** default: this process's own clock */
  readonly now?: Clock;
  /** milliseconds; default 2000 */
  readonly timeoutMs?: number;
}

/** The CA waits for ten seconds, and asks from several places. */
const LOOK_UP_TIMEOUT_MS = 2_000;
const MAX_A_SECOND = 20;
const UNKNOWN_MS = 1_000;
const MAX_UNKNOWN = 1_000;
/** The CA asks from several places within some seconds. */
const FOUND_MS = 30_000;
const MAX_FOUND = 1_000;
/** Longer than a look-up takes: those that go out tell in time whether it still is so. */
const CUT_OFF_MS = 5_000;

const missing = (why: Missing['why']): Missing => ({ by: null, why });

/** Remembers what peers have answered, for as long as the CA asks from several places. */
export function createHeard(now: Clock): Remembered<Found> {
  return createRemembered<Found>(MAX_FOUND, FOUND_MS, now);
}

/** Looks for responses in this node's webroot, and then at all peers side by side. What several ask for at once is looked up once. */
export function createLookup(options: LookupOptions): Lookup {
  const { responses, peers, onEnd, now = () => performance.now(), heard = createHeard(now) } = options;
  const mayGoOut = createRate(MAX_A_SECOND, 1_000, now);
  const unknown = createRemembered<true>(MAX_UNKNOWN, UNKNOWN_MS, now);
  let cutOffUntilMs = -Infinity;
  const running = new Map<string, Promise<Found | Missing>>();

  const goOut = async (token: string, signal: AbortSignal) => {
    const found = await fromPeers(token, signal, options);
    if (found.by === null) unknown.add(token, true);
    if (found.by === 'peer') heard.add(token, found);
    cutOffUntilMs = found.by === 'thumbprint' ? now() + CUT_OFF_MS : -Infinity;
    return found;
  };

  /** Where no peer answered a moment ago, none needs to be asked. */
  const unasked = (token: string) =>
    now() < cutOffUntilMs ? byThumbprint(token, options, 'too many') : missing('too many');

  const find = async (token: string): Promise<Found | Missing> => {
    const signal = deadline(options.timeoutMs ?? LOOK_UP_TIMEOUT_MS);
    const here = await responses(token);
    if (here !== null) return { by: 'webroot', keyAuthorization: here };
    const before = heard.get(token);
    if (before !== null) return before;
    if (peers.length === 0 || unknown.get(token) !== null) return missing('unknown');
    const startedMs = now();
    const found = mayGoOut() ? await goOut(token, signal) : unasked(token);
    if (found.by !== null || found.why !== 'too many') onEnd(found, now() - startedMs);
    return found;
  };

  return async (token) => {
    if (!isToken(token)) return missing('malformed');
    const looking = running.get(token) ?? find(token).finally(() => running.delete(token));
    running.set(token, looking);
    return await looking;
  };
}

/** The first good answer ends the asking. */
async function fromPeers(
  token: string,
  signal: AbortSignal,
  options: LookupOptions,
): Promise<Found | Missing> {
  const { peers, ask } = options;
  const over = new AbortController();
  const asking = forMany(over.signal); // each request to a peer ends with it
  const end = () => over.abort(signal.reason);
  signal.addEventListener('abort', end, { once: true, signal: over.signal });
  if (signal.aborted) end();
  let isAnyHeard = false;
  const first = await firstOf(
    peers.map(async (peer): Promise<Found | null> => {
      const heard = await ask(peer, token, asking);
      if (heard !== undefined) isAnyHeard = true;
      const isGood = typeof heard === 'string' && isKeyAuthorization(heard, token);
      return isGood ? { by: 'peer', peer, keyAuthorization: heard } : null;
    }),
  ).finally(() => over.abort());
  if (first !== null) return first;
  if (isAnyHeard) return missing('unknown');
  return byThumbprint(token, options, 'cut off');
}

/** RFC 8555, section 8.1: the token, a dot, and the thumbprint of the account's key. */
function byThumbprint(
  token: string,
  { thumbprint }: Pick<LookupOptions, 'thumbprint'>,
  otherwise: Missing['why'],
): Found | Missing {
  const known = thumbprint();
  return known === null ? missing(otherwise) : { by: 'thumbprint', keyAuthorization: `${token}.${known}` };
}

/** The first that is not null; null when all are. */
async function firstOf<T>(all: readonly Promise<T | null>[]): Promise<T | null> {
  return await new Promise((resolve, reject) => {
    for (const one of all) one.then((value) => value !== null && resolve(value), reject);
    Promise.all(all).then(() => resolve(null), reject);
  });
}
