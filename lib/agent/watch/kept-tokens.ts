/** Key authorizations that are passed on, by token: up to a number. */
export interface KeptTokens {
  readonly all: ReadonlyMap<string, string>;
  /** Null for a token that is not there any more. @returns whether that was news */
  take(token: string, keyAuthorization: string | null): boolean;
}

export interface KeptTokensOptions {
  /** called when there are more than are passed on, and again only when there was room for all for a minute in between */
  readonly onTooMany: () => void;
  /** called when some of those that were too many may find room now */
  readonly onRoom: () => void;
}

/** A certificate has at most 100 names. */
export const MAX_LOCAL_TOKENS = 1_000;
const ROOM_FOR_MS = 60_000;

export function createKeptTokens({ onTooMany, onRoom }: KeptTokensOptions): KeptTokens {
  const all = new Map<string, string>();
  let tooManyAtMs = -Infinity;
  let areSomeLeft = false;

  function leaveOut(): boolean {
    const nowMs = performance.now();
    if (nowMs - tooManyAtMs > ROOM_FOR_MS) onTooMany();
    tooManyAtMs = nowMs;
    areSomeLeft = true;
    return false;
  }

  function remove(token: string): boolean {
    const isNews = all.delete(token);
    if (!isNews || !areSomeLeft) return isNews;
    areSomeLeft = false;
    onRoom();
    return true;
  }

  return {
    all,
    take: (token, keyAuthorization) => {
      if (keyAuthorization === null) return remove(token);
      if (all.get(token) === keyAuthorization) return false;
      if (!all.has(token) && all.size >= MAX_LOCAL_TOKENS) return leaveOut();
      all.set(token, keyAuthorization);
      return true;
    },
  };
}
