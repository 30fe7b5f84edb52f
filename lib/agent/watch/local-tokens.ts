import { isSystemError } from '../../base/expected.ts';
import type { Webroot } from '../../challenge/webroot.ts';
import { createKeptTokens, MAX_LOCAL_TOKENS, type KeptTokensOptions } from './kept-tokens.ts';
import type { OwnTokens } from './own-tokens.ts';

/** Responses to challenges that other programs of this host have put into the webroot, as they lie there. */
export interface LocalTokens {
  /** key authorizations, by token */
  readonly all: ReadonlyMap<string, string>;
  /** Looks at one file. Resolves to whether that was news. */
  look(token: string): Promise<boolean>;
  /**
   * Resolves to the names that have to be looked at: those that are known, and those that others have written in time. Of what
   * this process's user has written before, nobody can tell.
   */
  list(): Promise<readonly string[]>;
}

export interface LocalTokensOptions extends KeptTokensOptions {
  readonly webroot: Pick<Webroot, 'read' | 'young'>;
  readonly own: OwnTokens;
  /** milliseconds a token may live */
  readonly ttlMs: number;
  /** called with each key authorization that is read, whoever has put it there */
  readonly onSeen?: ((keyAuthorization: string) => void) | undefined;
  /** called with each token of which nothing was read */
  readonly onNothing: (token: string) => void;
}

export function createLocalTokens({
  webroot,
  own,
  ttlMs,
  onSeen,
  onNothing,
  ...told
}: LocalTokensOptions): LocalTokens {
  const { all, take } = createKeptTokens(told);
  const beganMs = Date.now();

  /** Null for what is none, or too old. */
  async function keyAuthorizationOf(token: string): Promise<string | null> {
    const forget = own.leaving(token);
    const found = await webroot.read(token);
    if (found !== null) onSeen?.(found.keyAuthorization);
    if (found === null) {
      forget();
      onNothing(token);
    }
    return found !== null && Date.now() - found.writtenAtMs <= ttlMs ? found.keyAuthorization : null;
  }

  return {
    all,
    look: oneByOne(async (token) => {
      try {
        const keyAuthorization = await keyAuthorizationOf(token);
        return (all.has(token) || !own.has(token)) && take(token, keyAuthorization);
      } catch (error) {
        // A disk that fails, say, tells nothing.
        if (isSystemError(error)) return false;
        throw error;
      }
    }),
    list: async () => {
      const sinceMs = Date.now() - ttlMs;
      const ownSinceMs = Math.max(sinceMs, beganMs);
      const wanted = { sinceMs, ownSinceMs, isLeftOut: own.has, atMost: MAX_LOCAL_TOKENS };
      const young = await webroot.young(wanted).catch((error: unknown) => {
        if (isSystemError(error)) return []; // it is told of where the directory is watched
        throw error;
      });
      return [...new Set([...all.keys(), ...young])];
    },
  };
}

/** Of two looks at one file, the later one has the last word, however long the first one takes. */
function oneByOne(look: (token: string) => Promise<boolean>): (token: string) => Promise<boolean> {
  const last = new Map<string, Promise<boolean>>();
  return async (token) => {
    const before = last.get(token);
    const looking = before === undefined ? look(token) : before.then(async () => await look(token));
    last.set(token, looking);
    try {
      return await looking;
    } finally {
      if (last.get(token) === looking) last.delete(token);
    }
  };
}
