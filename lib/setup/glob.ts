import { join } from 'node:path';

/** A pattern with more alternatives than anybody writes, or that leads to more directories than anybody has, names nothing. */
const MAX_BRACES = 8;
const MAX_PATTERNS = 1_024;
const MAX_NAME = 255;
const MAX_DEPTH = 256;
/** Where links lead back to a directory above them, each star would multiply what is found. */
const MAX_LISTED = 1_000;

/** The names in a directory. */
type List = (directory: string) => Promise<readonly string[]>;

/**
 * The files that a pattern of glob(7) names, with braces as a shell has them, in alphabetical order. A part without a wildcard
 * need not be there. @param pattern an absolute path @param list is called once at a time: a directory may not answer
 */
export async function glob(pattern: string, list: List): Promise<readonly string[]> {
  const found = new Set<string>();
  let listed = 0;
  const listNext: List = async (directory) => {
    listed += 1;
    return listed > MAX_LISTED ? [] : await list(directory);
  };
  for (const one of new Set(withoutBraces(pattern)))
    for (const file of await below('/', one.split('/'), listNext)) found.add(file);
  return listed > MAX_LISTED ? [] : [...found].toSorted();
}

/** The innermost first, so that those around it have none left. */
function withoutBraces(pattern: string): readonly string[] {
  if (pattern.split('{').length - 1 > MAX_BRACES) return [];
  let patterns: readonly string[] = [pattern];
  for (let round = 0; round < MAX_BRACES && patterns.length <= MAX_PATTERNS; round += 1) {
    const next: string[] = [];
    for (const one of patterns) {
      next.push(...alternativesOf(one));
      if (next.length > MAX_PATTERNS) break;
    }
    patterns = next;
  }
  return patterns.length > MAX_PATTERNS ? [] : patterns;
}

function alternativesOf(pattern: string): readonly string[] {
  const [braces, alternatives] = /\{([^{}]*)\}/.exec(pattern) ?? [];
  if (braces === undefined || alternatives === undefined) return [pattern];
  const at = pattern.indexOf(braces);
  const [before, after] = [pattern.slice(0, at), pattern.slice(at + braces.length)];
  return alternatives.split(',').map((one) => `${before}${one}${after}`);
}

async function below(
  directory: string,
  [part, ...rest]: readonly string[],
  list: List,
): Promise<readonly string[]> {
  if (part === undefined) return [directory];
  // No file has such a name, and hardly any such a place.
  if (Buffer.byteLength(part) > MAX_NAME || rest.length > MAX_DEPTH) return [];
  const isName = matcherOf(part);
  if (isName === null) return await below(join(directory, part), rest, list);
  const found: string[] = [];
  for (const name of (await list(directory)).filter(isName))
    found.push(...(await below(join(directory, name), rest, list)));
  return found;
}

/** Null for a name without wildcards. */
function matcherOf(part: string): ((name: string) => boolean) | null {
  if (!/[*?[]/.test(part)) return null;
  // Between stars each piece stands for one character.
  const between: string[][] = [[]];
  for (const piece of part.match(/\*+|\[[!^]?\]?[^\]]*\]|[^]/g) ?? []) {
    if (piece.startsWith('*')) between.push([]);
    else between.at(-1)?.push(oneOf(piece));
  }
  const runs = between.map((pieces) => ({ pattern: patternOf(pieces.join('')), length: pieces.length }));
  // As in a shell, a wildcard stands for no hidden file.
  return (name) => isMatched(name, runs) && (part.startsWith('.') || !name.startsWith('.'));
}

/** What stands between two stars. */
interface Run {
  /** looks at one place */
  readonly pattern: RegExp;
  readonly length: number;
}

/** Each at the first place where it stands: one pattern for all would try every other place too, with every star once more. */
function isMatched(name: string, [first, ...others]: readonly Run[]): boolean {
  const last = others.pop();
  if (first === undefined || !isAt(name, first, 0)) return false;
  if (last === undefined) return name.length === first.length;
  let from = first.length;
  for (const run of others) {
    while (from + run.length <= name.length && !isAt(name, run, from)) from += 1;
    from += run.length;
  }
  const end = name.length - last.length;
  return from <= end && isAt(name, last, end);
}

function isAt(name: string, { pattern }: Run, place: number): boolean {
  pattern.lastIndex = place;
  return pattern.test(name);
}

function oneOf(piece: string): string {
  if (piece === '?') return '.';
  if (piece.length < 2) return piece.replace(/[\\^$.|+()[\]{}]/, String.raw`\$&`);
  const [, not = '', set = ''] = /^\[([!^]?)([^]*)\]$/.exec(piece) ?? [];
  return `[${not && '^'}${set.replaceAll(/[\\\]^[]/g, String.raw`\$&`)}]`;
}

/** A range from Z to A names nothing. */
function patternOf(source: string): RegExp {
  try {
    return new RegExp(source, 'sy');
  } catch {
    return /(?!)/y;
  }
}
