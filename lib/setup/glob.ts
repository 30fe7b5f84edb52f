import { join } from 'node:path';
import { entriesOf, orNone } from '../system/read-file.ts';

/** A pattern with more alternatives than anybody writes names nothing. */
const MAX_BRACES = 8;

/**
 * The files that a pattern of glob(7) names, with braces as a shell has them, in alphabetical order. A part without a wildcard
 * need not be there. @param pattern an absolute path
 */
export async function glob(pattern: string): Promise<readonly string[]> {
  const patterns = new Set(withoutBraces(pattern));
  const found = await Promise.all([...patterns].map(async (one) => await below('/', one.split('/'))));
  return [...new Set(found.flat())].toSorted();
}

/** The innermost first, so that those around it have none left. */
function withoutBraces(pattern: string): readonly string[] {
  if (pattern.split('{').length - 1 > MAX_BRACES) return [];
  const [braces, alternatives] = /\{([^{}]*)\}/.exec(pattern) ?? [];
  if (braces === undefined || alternatives === undefined) return [pattern];
  const at = pattern.indexOf(braces);
  const [before, after] = [pattern.slice(0, at), pattern.slice(at + braces.length)];
  return alternatives.split(',').flatMap((one) => withoutBraces(`${before}${one}${after}`));
}

async function below(directory: string, [part, ...rest]: readonly string[]): Promise<readonly string[]> {
  if (part === undefined) return [directory];
  const isName = matcherOf(part);
  if (isName === null) return await below(join(directory, part), rest);
  const names = (await orNone(entriesOf(directory), [])).filter(isName);
  return (await Promise.all(names.map(async (name) => await below(join(directory, name), rest)))).flat();
}

/** Null for a name without wildcards. */
function matcherOf(part: string): ((name: string) => boolean) | null {
  if (!/[*?[]/.test(part)) return null;
  const source = part.replaceAll(/\*+|\[[!^]?\]?[^\]]*\]|[^]/g, (piece) => {
    if (piece.startsWith('*')) return '.*';
    if (piece === '?') return '.';
    if (piece.length < 2) return piece.replace(/[\\^$.|+()[\]{}]/, String.raw`\$&`);
    const [, not = '', set = ''] = /^\[([!^]?)([^]*)\]$/.exec(piece) ?? [];
    return `[${not && '^'}${set.replaceAll(/[\\\]^[]/g, String.raw`\$&`)}]`;
  });
  const pattern = patternOf(source);
  // As in a shell, a wildcard stands for no hidden file.
  return (name) => pattern.test(name) && (part.startsWith('.') || !name.startsWith('.'));
}

/** A range from Z to A names nothing. */
function patternOf(source: string): RegExp {
  try {
    return new RegExp(`^(?:${source})$`, 's');
  } catch {
    return /^(?!)/;
  }
}
