import { OF_ALL, OF_CHALLENGES, rootOfAlias, type Paths } from '../webserver/challenge-paths.ts';

/** A path, and the directory that Apache has in its place. */
interface Alias {
  readonly path: string;
  readonly directory: string;
}

/**
 * The webroot that Apache already has for challenges: what an `Alias` or `AliasMatch` of their path comes to; else one of all that is well
 * known. Null where there is none. A `ProxyPass … !` leaves the path to the `DocumentRoot`, which is a site's: whoever deploys that site would
 * remove the tokens, and the agent would write among its files. @param texts its configuration, a file each
 */
export function apacheWebroot(texts: readonly string[]): string | null {
  const lines = texts.flatMap(linesOf);
  const defined = new Map(lines.flatMap(({ words }) => definition(words)));
  const aliases = lines.flatMap((line) => aliasIn(line, defined));
  return rootFor(aliases, OF_CHALLENGES) ?? rootFor(aliases, OF_ALL);
}

function rootFor(aliases: readonly Alias[], pattern: Paths): string | null {
  const roots = aliases
    .filter(({ path }) => pattern.test(path))
    .map(({ directory }) => rootOfAlias(directory));
  return roots.find((root) => root !== null) ?? null;
}

interface Line {
  readonly words: readonly string[];
  /** of the section for a path that it is in; null outside */
  readonly location: string | null;
}

function linesOf(text: string): readonly Line[] {
  const lines: Line[] = [];
  let location: string | null = null;
  for (const line of text.replaceAll(/\\\r?\n/g, ' ').split('\n')) {
    const words = wordsIn(line);
    const keyword = words[0]?.toLowerCase() ?? '';
    if (keyword === '</location' || keyword === '</locationmatch') location = null;
    else if (keyword === '<location' || keyword === '<locationmatch') location = words.at(-1) ?? null;
    else lines.push({ words, location });
  }
  return lines;
}

/** A comment has a line of its own. */
function wordsIn(line: string): readonly string[] {
  if (/^\s*#/.test(line)) return [];
  const words = line.match(/"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?|(?:\\.|[^\s>"'\\])+/g) ?? [];
  return words.map((word) => word.replace(/^(["'])(.*)\1$/s, '$2'));
}

function definition([keyword, name, value]: readonly string[]): readonly (readonly [string, string])[] {
  return keyword?.toLowerCase() === 'define' && name !== undefined && value !== undefined
    ? [[name, value]]
    : [];
}

function aliasIn({ words, location }: Line, defined: ReadonlyMap<string, string>): readonly Alias[] {
  const [keyword = '', first, second] = words;
  if (!/^alias(?:match)?$/i.test(keyword) || first === undefined) return [];
  // Within a section for the path it names the directory alone.
  const [path, named] = second === undefined ? [location, first] : [first, second];
  if (path === null) return [];
  const filled = named.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => defined.get(name) ?? whole);
  return [{ path, directory: filled.replace(/\/?\$\d$/, '') }];
}
