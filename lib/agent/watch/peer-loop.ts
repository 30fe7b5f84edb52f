import type { Answer, ChannelClient } from '../../channel/client.ts';
import { CHALLENGES, REMOVALS } from '../../channel/protocol.ts';
import { isRefused } from '../../channel/refusal.ts';
import type { ClusterNode } from '../../cluster/config.ts';
import { within } from '../../system/deadline.ts';
import { createBell } from './bell.ts';
import { createPace } from './pace.ts';
import { createPeerBook, type PeerBook } from './peer-book.ts';

/** One request to a peer, and how it ended. */
export interface Sent {
  readonly what: 'presented' | 'removed';
  readonly tokens: readonly string[];
  readonly answer: Answer<unknown>;
  /** milliseconds that it took */
  readonly ms: number;
}

export interface PeerLoopOptions {
  readonly peer: ClusterNode;
  /** key authorizations by token, as they lie here */
  readonly here: ReadonlyMap<string, string>;
  /** looks at a file again, which changes `here` */
  readonly look: (token: string) => Promise<void>;
  readonly client: Pick<ChannelClient, 'request'>;
  /** milliseconds after which the peer removes a token by itself */
  readonly ttlMs: number;
  readonly onSent: (sent: Sent) => void;
  readonly signal: AbortSignal;
}

export interface PeerLoop {
  /** There is news. */
  wake(): void;
  /** resolves when the signal has aborted; rejects for a bug */
  readonly ended: Promise<void>;
}

/** How a request ended: `refused` where the peer has answered that it does not take it. */
type End = 'done' | 'refused' | 'lost';

const REQUEST_TIMEOUT_MS = 10_000;
const BACK_OFF_MS = { first: 200, growth: 2, most: 15_000 };
/** What comes while a request is on its way goes with the next: beyond this pace, a token waits for 10 ms. */
const PACE = { burst: 200, perSecond: 100 };

/**
 * Keeps one peer to what lies here: presents what is new, removes what is gone, and tries again until the peer has it, the
 * token is gone or its time is over. No peer waits for another. Without anything to do, no timer runs.
 */
export function startPeerLoop(options: PeerLoopOptions): PeerLoop {
  const { here, look, ttlMs, signal } = options;
  const bell = createBell(signal);
  const pace = createPace(PACE);
  const book = createPeerBook(here, ttlMs);

  const sendBoth = senderOf(options, book);

  async function run(): Promise<void> {
    let pauseMs = BACK_OFF_MS.first;
    while (!signal.aborted) {
      if (book.toPresent().length + book.toRemove().length === 0) {
        await bell.heard();
        continue;
      }
      await pace(signal);
      const isDone = await sendBoth();
      if (isDone) {
        pauseMs = BACK_OFF_MS.first;
        continue;
      }
      await bell.heard(pauseMs);
      pauseMs = Math.min(BACK_OFF_MS.most, pauseMs * BACK_OFF_MS.growth);
      // Nothing is sent again that has gone meanwhile.
      for (const { token } of book.toPresent()) await look(token);
    }
  }

  return { wake: bell.ring, ended: run() };
}

/** What sends to the peer all that its book has for it, and resolves to whether it has taken that. */
function senderOf({ peer, client, onSent, signal }: PeerLoopOptions, book: PeerBook): () => Promise<boolean> {
  async function send(what: Sent['what'], tokens: readonly string[], body: unknown): Promise<End> {
    const startedMs = performance.now();
    const [method, path] =
      what === 'presented' ? (['PUT', CHALLENGES] as const) : (['POST', REMOVALS] as const);
    const limit = within(signal, REQUEST_TIMEOUT_MS);
    const answer = await client.request(peer, method, path, { body, signal: limit });
    if (!signal.aborted) onSent({ what, tokens, answer, ms: performance.now() - startedMs });
    if (answer.isOk) return 'done';
    return isRefused(answer) ? 'refused' : 'lost';
  }

  async function present(): Promise<End> {
    const challenges = book.toPresent();
    if (challenges.length === 0) return 'done';
    const hasNot = book.mayHave(challenges);
    const tokens = challenges.map(({ token }) => token);
    const end = await send('presented', tokens, { challenges });
    if (end === 'done') book.has(challenges);
    if (end === 'refused') hasNot();
    return end;
  }

  async function remove(): Promise<End> {
    const tokens = book.toRemove();
    if (tokens.length === 0) return 'done';
    book.mayLack(tokens);
    const end = await send('removed', tokens, { tokens });
    // What has come back meanwhile is presented again.
    if (end === 'done') book.hasNot(tokens);
    return end;
  }

  return async () => {
    const presented = await present();
    // Who takes no more, as with a full disk, still removes. Who is silent is not waited for twice.
    if (presented === 'lost') return false;
    return (await remove()) === 'done' && presented === 'done';
  };
}
