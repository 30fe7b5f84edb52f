import { printable } from './area.ts';
import type { Kind, Kinds } from './kind.ts';
import { KINDS } from './kinds.ts';
import { REGISTER, type Finding } from './register.ts';

/** Of what another version or another node has written, no more than this is kept. */
export const MAX_CHARS = 1_000;
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
  const { code } = value;
  if (typeof code !== 'string' || code.length > MAX_CODE_CHARS || !CODE.test(code)) return null;
  return knownFinding(code, value) ?? unknownFinding(code, lines);
}

/** A line of a version that had no findings yet, or had one that is not known here. */
export function findingOfLine(line: string): Finding {
  return { code: 'unknown-finding', was: '', line: cleanText(line) };
}

/** Text of somebody else: what would move a cursor or turn the text about is taken out. */
export function cleanText(text: string): string {
  return printable(text).slice(0, MAX_CHARS);
}

function unknownFinding(code: string, lines: readonly string[]): Finding {
  const end = ` [${code}]`;
  const line = lines.find((one) => one.endsWith(end))?.slice(0, -end.length) ?? code;
  return { code: 'unknown-finding', was: code, line: cleanText(line) };
}

/** With the arguments of its words and nothing beside them; null where one is missing, or is of another kind. */
function knownFinding(code: string, value: object): Finding | null {
  if (!Object.hasOwn(REGISTER, code)) return null;
  const kinds: Readonly<Record<string, Kind>> = Object.hasOwn(KINDS, code) ? KINDS[code as keyof Kinds] : {};
  const given = Object.entries(kinds).map(
    ([name, kind]) =>
      [name, Object.hasOwn(value, name) ? read(kind, Reflect.get(value, name)) : undefined] as const,
  );
  if (given.some(([, argument]) => argument === undefined)) return null;
  return { code, ...Object.fromEntries(given) } as Finding; // KINDS has all that its words ask for
}

/** Undefined where it is of another kind. */
function read(kind: Kind, value: unknown): unknown {
  switch (kind) {
    case 'text':
      return textOf(value);
    case 'text?':
      return value === null ? null : textOf(value);
    case 'number':
      return numberOf(value);
    case 'number?':
      return value === null ? null : numberOf(value);
    case 'yes or no':
      return typeof value === 'boolean' ? value : undefined;
    case 'texts':
      return textsOf(value);
    default:
      return Object.values(kind).find((word) => word === value);
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? cleanText(value) : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function textsOf(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string')) return undefined;
  return value.slice(0, MAX_ITEMS).map(cleanText);
}
