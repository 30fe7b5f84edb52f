import { REGISTER, type Finding } from './register.ts';
import { linesOf } from './words.ts';

/** Of what another version or another node has written, no more than this is kept. */
const MAX_CHARS = 1_000;
const MAX_ITEMS = 200;
const MAX_CODE_CHARS = 64;
const CODE = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/**
 * A finding that another program has written, a node of another version perhaps: null where it is none.
 * One that this register has no code for, or other arguments, is worded by its writer's own line.
 * @param lines the writer's lines for people, each with its code at the end
 */
export function readFinding(value: unknown, lines: readonly string[]): Finding | null {
  if (typeof value !== 'object' || value === null || !('code' in value)) return null;
  const { code, ...given } = value;
  if (typeof code !== 'string' || code.length > MAX_CODE_CHARS || !CODE.test(code)) return null;
  const found = { code, ...Object.fromEntries(Object.entries(given).map(([key, one]) => [key, clean(one)])) };
  return isWhole(found) ? found : unknownFinding(code, lines);
}

/** A line of a version that had no findings yet, or had one that is not known here. */
export function findingOfLine(line: string): Finding {
  return { code: 'unknown-finding', was: '', line: cleanText(line) };
}

/** Text of somebody else: what would move a cursor or turn the text about is taken out. */
export function cleanText(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, MAX_CHARS);
}

function unknownFinding(code: string, lines: readonly string[]): Finding {
  const end = ` [${code}]`;
  const line = lines.find((one) => one.endsWith(end))?.slice(0, -end.length) ?? code;
  return { code: 'unknown-finding', was: code, line: cleanText(line) };
}

/** Undefined for what no argument is. */
function clean(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string')) return undefined;
  return value.slice(0, MAX_ITEMS).map(cleanText);
}

/** Whether it has a code of this register, and every argument that its words ask for. */
function isWhole(found: { readonly code: string }): found is Finding {
  if (!Object.hasOwn(REGISTER, found.code)) return false;
  const strict = new Proxy(found, {
    get(target, key): unknown {
      const value: unknown = Reflect.get(target, key);
      if (value === undefined && typeof key === 'string') throw new TypeError(`no argument ${key}`);
      return value;
    },
  });
  try {
    linesOf(strict as Finding);
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false; // an argument that is missing, or of another type
    throw error;
  }
}
