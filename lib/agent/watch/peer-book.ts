import { MAX_CHALLENGES } from '../../channel/protocol.ts';
import type { Challenge } from '../../challenge/challenge.ts';
import { MAX_LOCAL_TOKENS } from './kept-tokens.ts';

type Response = Pick<Challenge, 'token' | 'keyAuthorization'>;

/** What one peer lacks of what lies here, and has too much: at most what one request may carry. */
export interface PeerBook {
  toPresent(): readonly Response[];
  toRemove(): readonly string[];
  /** A request whose answer is lost may have arrived. Gives what takes that back, for one that was refused. */
  mayHave(responses: readonly Response[]): () => void;
  /** A removal whose answer is lost may have arrived: what comes back is presented again. */
  mayLack(tokens: readonly string[]): void;
  has(responses: readonly Response[]): void;
  hasNot(tokens: readonly string[]): void;
}

/** Who is away for long has the rest removed by its own agent. */
const MAX_KNOWN = 2 * MAX_LOCAL_TOKENS;

/**
 * @param here key authorizations by token, as they lie here
 * @param ttlMs milliseconds after which the peer removes a token by itself
 */
export function createPeerBook(here: ReadonlyMap<string, string>, ttlMs: number): PeerBook {
  const known = new Map<string, { readonly keyAuthorization: string | null; readonly atMs: number }>();

  function note(responses: readonly Response[], hasArrived: boolean): void {
    const atMs = performance.now();
    for (const { token, keyAuthorization } of responses)
      known.set(token, { keyAuthorization: hasArrived ? keyAuthorization : null, atMs });
  }

  /** What was there, and is not here any more. */
  const gone = () => [...known].filter(([token]) => !here.has(token));

  return {
    toPresent: () =>
      [...here]
        .filter(([token, keyAuthorization]) => known.get(token)?.keyAuthorization !== keyAuthorization)
        .slice(0, MAX_CHALLENGES)
        .map(([token, keyAuthorization]) => ({ token, keyAuthorization })),
    toRemove: () => {
      const nowMs = performance.now();
      for (const [index, [token, { atMs }]] of gone().entries())
        if (nowMs - atMs > ttlMs || index >= MAX_KNOWN) known.delete(token);
      return gone()
        .slice(0, MAX_CHALLENGES)
        .map(([token]) => token);
    },
    mayHave: (responses) => {
      const before = responses.map(({ token }) => [token, known.get(token)] as const);
      note(responses, false);
      return () => {
        for (const [token, entry] of before) {
          if (entry) known.set(token, entry);
          else known.delete(token);
        }
      };
    },
    mayLack: (tokens) => {
      for (const token of tokens) {
        const entry = known.get(token);
        if (entry) known.set(token, { ...entry, keyAuthorization: null });
      }
    },
    has: (responses) => note(responses, true),
    hasNot: (tokens) => {
      for (const token of tokens) known.delete(token);
    },
  };
}
