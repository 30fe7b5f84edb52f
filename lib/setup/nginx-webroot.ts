import { every, statementsBySemicolons } from './blocks.ts';

const CHALLENGES = /\/?\.well-known(?:\/acme-challenge)?\/?$/;

/**
 * The webroot that nginx already has for challenges: `root` of a location below `/.well-known`, or what an `alias` of it comes to. Null
 * where there is none. @param dump what `nginx -T` prints; its beginning may be missing
 */
export function challengeWebroot(dump: string): string | null {
  for (const { words, block } of every(statementsBySemicolons(dump))) {
    const isForChallenges = words[0] === 'location' && words.some((word) => word.includes('.well-known'));
    if (!isForChallenges || block === null) continue;
    for (const {
      words: [directive, path = ''],
    } of every(block)) {
      const root = directive === 'root' ? path : directive === 'alias' ? rootOfAlias(path) : '';
      // One with a variable is several.
      if (root.startsWith('/') && !root.includes('$')) return root.replace(/(?<=.)\/+$/, '');
    }
  }
  return null;
}

/** An alias that ends elsewhere has no webroot: tokens would have to lie in it directly. */
function rootOfAlias(path: string): string {
  return CHALLENGES.test(path) ? path.replace(CHALLENGES, '') : '';
}
