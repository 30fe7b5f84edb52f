import { isSystemError } from '../../base/expected.ts';
import type { Webroot } from '../../challenge/webroot.ts';
import type { OwnTokens } from './own-tokens.ts';

/** Responses to challenges that other programs of this host have put into the webroot, as they lie there. */
export interface LocalTokens {
  /** key authorizations, by token */
  readonly all: ReadonlyMap<string, string>;
  /** Looks at one file. Resolves to whether that was news. */
  look(token: string): Promise<boolean>;
  /** Resolves to the names that have to be looked at: those that are known, and those that another user has written in time. */
  list(): Promise<readonly string[]>;
}

export interface LocalTokensOptions {
  readonly webroot: Pick<Webroot, 'read' | 'young'>;
  readonly own: OwnTokens;
  /** milliseconds a token may live */
  readonly ttlMs: number;
  /** called with each key authorization that is read, whoever has put it there */
  readonly onSeen?: ((keyAuthorization: string) => void) | undefined;
  /** called with each token of which nothing was read */
  readonly onNothing: (token: string) => void;
  /** called when there are more than are passed on */
  readonly onTooMany: () => void;
}

/** A certificate has at most 100 names. */
export const MAX_LOCAL_TOKENS = 1_000;

export function createLocalTokens({
  webroot,
  own,
  ttlMs,
  onSeen,
  onNothing,
  onTooMany,
}: LocalTokensOptions): LocalTokens {
  const all = new Map<string, string>();

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
      const known = all.get(token);
      try {
        const keyAuthorization = await keyAuthorizationOf(token);
        if (keyAuthorization === null) return all.delete(token);
        if (known === keyAuthorization || (known === undefined && own.has(token))) return false;
        if (known === undefined && all.size >= MAX_LOCAL_TOKENS) {
          onTooMany();
          return false;
        }
        all.set(token, keyAuthorization);
        return true;
      } catch (error) {
        // A disk that fails, say, tells nothing.
        if (isSystemError(error)) return false;
        throw error;
      }
    }),
    list: async () => {
      const sinceMs = Date.now() - ttlMs;
      const young = await webroot.young({ sinceMs, atMost: MAX_LOCAL_TOKENS }).catch((error: unknown) => {
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
