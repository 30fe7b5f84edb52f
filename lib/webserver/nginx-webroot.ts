import { every, statementsBySemicolons, type Statement } from './blocks.ts';
import { OF_ALL, OF_CHALLENGES, plainRoot, rootOfAlias, type Paths } from './challenge-paths.ts';

/**
 * The webroot that nginx already has for challenges: `root` of a location for them, or what an `alias` of it comes to; else that of a
 * location for all that is well known. Null where there is none. @param dump what `nginx -T` prints; its beginning may be missing
 */
export function nginxWebroot(dump: string): string | null {
  const all = [...every(statementsBySemicolons(dump))];
  return webrootIn(all, OF_CHALLENGES) ?? webrootIn(all, OF_ALL);
}

function webrootIn(statements: readonly Statement[], location: Paths): string | null {
  for (const { words, block } of statements) {
    if (block === null || !isLocation(words, location)) continue;
    for (const {
      words: [directive, path = ''],
      // A location in it is one of its own.
    } of every(block, (statement) => statement.words[0] !== 'location')) {
      const root = directive === 'root' ? plainRoot(path) : directive === 'alias' ? rootOfAlias(path) : null;
      if (root !== null) return root;
    }
  }
  return null;
}

/** Whether a statement is a location for such paths. */
export function isLocation([keyword, ...rest]: readonly string[], location: Paths): boolean {
  const path = rest.at(-1) ?? '';
  // One that has to be equal is a single file's, and one that looks ahead says what it is not for.
  return keyword === 'location' && rest[0] !== '=' && !path.includes('(?!') && location.test(path);
}
