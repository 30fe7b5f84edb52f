import type { Webroot } from '../../challenge/webroot.ts';

/** The tokens that certbot-ha writes itself: the agent for a peer, or a hook of this node, which pushes them to every peer. */
export interface OwnTokens {
  add(token: string): void;
  has(token: string): boolean;
  /** To be called before the file is looked at; what it gives, after nothing was there. */
  leaving(token: string): () => void;
}

/** Peers could have as many written; the oldest are forgotten then. */
const MAX_TOKENS = 10_000;

export function createOwnTokens(): OwnTokens {
  const tokens = new Map<string, symbol>();
  return {
    add: (token) => {
      tokens.delete(token);
      tokens.set(token, Symbol(token));
      const [oldest] = tokens.keys();
      if (tokens.size > MAX_TOKENS && oldest !== undefined) tokens.delete(oldest);
    },
    has: (token) => tokens.has(token),
    leaving: (token) => {
      const added = tokens.get(token);
      // It may have been added anew meanwhile.
      return () => void (tokens.get(token) === added && tokens.delete(token));
    },
  };
}

/** A webroot that notes what is written by it, before it lies there. */
export function noting(webroot: Webroot, own: Pick<OwnTokens, 'add'>): Webroot {
  return {
    ...webroot,
    write: async (challenges, signal) => {
      for (const { token } of challenges) own.add(token);
      await webroot.write(challenges, signal);
    },
  };
}
