import { every, statementsBySemicolons, type Statement } from './blocks.ts';

const CHALLENGES = /\/?\.well-known(?:\/acme-challenge)?\/?$/;
/** Of all that may be below /.well-known, such as security.txt. As a prefix or, without its backslashes, as a regular expression. */
const OF_CHALLENGES = /\.well-known.*acme-challenge/;
const OF_ALL = /^\^?\/\.well-known\/?(?:\.[*+])?\$?$/;

/**
 * The webroot that nginx already has for challenges: `root` of a location for them, or what an `alias` of it comes to; else that of a
 * location for all that is well known. Null where there is none. @param dump what `nginx -T` prints; its beginning may be missing
 */
export function challengeWebroot(dump: string): string | null {
  const all = [...every(statementsBySemicolons(dump))];
  return webrootIn(all, OF_CHALLENGES) ?? webrootIn(all, OF_ALL);
}

function webrootIn(statements: readonly Statement[], location: RegExp): string | null {
  for (const { words, block } of statements) {
    if (block === null || !isLocation(words, location)) continue;
    for (const {
      words: [directive, path = ''],
      // A location in it is one of its own.
    } of every(block, (statement) => statement.words[0] !== 'location')) {
      const root = directive === 'root' ? path : directive === 'alias' ? rootOfAlias(path) : '';
      // One with a variable is several.
      if (root.startsWith('/') && !root.includes('$')) return root.replace(/(?<=.)\/+$/, '');
    }
  }
  return null;
}

function isLocation([keyword, ...rest]: readonly string[], location: RegExp): boolean {
  const path = rest.at(-1) ?? '';
  // One that has to be equal is a single file's, and one that looks ahead says what it is not for.
  return keyword === 'location' && rest[0] !== '=' && !path.includes('(?!') && location.test(path);
}

/** An alias that ends elsewhere has no webroot: tokens would have to lie in it directly. */
function rootOfAlias(path: string): string {
  return CHALLENGES.test(path) ? path.replace(CHALLENGES, '') : '';
}
