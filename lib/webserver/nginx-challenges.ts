import { every, statementsBySemicolons, type Statement } from './blocks.ts';
import { OF_ALL, OF_CHALLENGES, plainRoot, rootOfAlias } from './challenge-paths.ts';
import { isLocation } from './nginx-webroot.ts';

/**
 * What nginx does with challenges, as far as its configuration tells. `unsure`: something else than files of one directory answers, or
 * no location of theirs serves them from the webroot, but a server or another location has it as its root.
 */
export type NginxChallenges =
  | { readonly is: 'served' | 'unsure' | 'missing' }
  /** from other directories, and those alone */
  | { readonly is: 'elsewhere'; readonly roots: readonly string[] };

/** @param dump what `nginx -T` prints. What it includes stands beside what includes it. */
export function nginxChallenges(dump: string, webroot: string): NginxChallenges {
  const all = [...every(statementsBySemicolons(dump))];
  const locations = all.filter(({ words }) => isLocation(words, OF_CHALLENGES) || isLocation(words, OF_ALL));
  const roots = locations.map(({ block }) => rootsOf(block ?? []));
  if (roots.some((some) => some.includes(webroot))) return { is: 'served' };
  const isRoot = ({ words: [directive, path = ''] }: Statement) =>
    directive === 'root' && plainRoot(path) === webroot;
  if (all.some(isRoot)) return { is: 'unsure' };
  if (roots.length === 0) return { is: 'missing' };
  const known = roots.flat().filter((root) => root !== null);
  const isUnsure = roots.some((some) => some.length === 0 || some.includes(null));
  return isUnsure ? { is: 'unsure' } : { is: 'elsewhere', roots: [...new Set(known)] };
}

/** Of each `root` and `alias` of a location; null for one that only nginx knows: with a variable, or below its prefix. */
function rootsOf(block: readonly Statement[]): readonly (string | null)[] {
  return [...every(block, ({ words }) => words[0] !== 'location')].flatMap(
    ({ words: [directive, path = ''] }) => {
      if (directive === 'root') return [plainRoot(path)];
      // One that ends elsewhere may be a link to where the tokens are.
      return directive === 'alias' ? [rootOfAlias(path)] : [];
    },
  );
}
