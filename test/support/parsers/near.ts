import * as fc from 'fast-check';
import { spoiled } from '../strange/texts.ts';

/** As much as anybody is given to read at once: a file of a bundle, a body. */
export const MAX_CHARS = 65_536;

/** What parsers stumble over, in any language. */
const COMMON = [
  ...['', '\0', '\n', '\r\n', '\r', '\t', ' ', '\u00a0', '\u2028', '\u0085', '\uFEFF', '\ud800', '\u202e'],
  ...['..', '../', '/', '//', '\\', '.', '-', '--', '=', ':', ';', ',', '#', '!', '$', '%', '*', '?', '@'],
  ...['"', "'", '"""', "'''", '`', '(', ')', '[', ']', '[[', '{', '}', '${', '<', '>', '|', '&', '%s', '%00'],
  ...['0', '1', '-1', '1e309', '0x1', '99999999999999999999', 'NaN', 'null', 'true', 'constructor'],
  ...['__proto__', 'toString', 'a', 'A', 'é', '\x1b[2J', '\x7f', '𝒳'],
];

interface Edit {
  readonly kind: number;
  /** where, and how much, as parts of what is there */
  readonly at: number;
  readonly length: number;
  readonly piece: string;
  readonly times: number;
}

const PARTS = 65_536;
/** One of so many edits repeats its piece until nothing more is read. */
const LONG = 255;

/** Texts that are nearly those: what has been cut off, doubled, mixed up, or grown until nobody reads more. */
export function near(samples: readonly string[], words: readonly string[] = []): fc.Arbitrary<string> {
  const piece = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('', ...words) },
    { weight: 3, arbitrary: fc.constantFrom(...COMMON) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
  );
  const edit: fc.Arbitrary<Edit> = fc
    .tuple(fc.nat(LONG), fc.nat(PARTS), fc.nat(40), piece, fc.nat(MAX_CHARS))
    .map(([kind, at, length, what, times]) => ({ kind, at, length, piece: what, times }));
  const edits = fc.oneof(
    { weight: 5, arbitrary: fc.array(edit, { minLength: 1, maxLength: 3 }) },
    { weight: 1, arbitrary: fc.array(edit, { maxLength: 12 }) },
  );
  return fc
    .tuple(fc.constantFrom(...samples), edits)
    .map(([sample, all]) =>
      all.reduce((text, one) => edited(text, one, samples), sample).slice(0, MAX_CHARS),
    );
}

/** The same of JSON, which may be another value in the same form too. */
export function nearJson(values: readonly unknown[], words: readonly string[] = []): fc.Arbitrary<string> {
  const texts = values.map((value) => JSON.stringify(value));
  const changed = values.map((value) => spoiled(value).map((one) => JSON.stringify(one) ?? ''));
  return fc.oneof({ weight: 2, arbitrary: fc.oneof(...changed) }, near(texts, words));
}

function edited(text: string, { kind, at, length, piece, times }: Edit, samples: readonly string[]): string {
  const from = Math.floor((at / (PARTS + 1)) * (text.length + 1));
  const [before, taken, after] = [
    text.slice(0, from),
    text.slice(from, from + length),
    text.slice(from + length),
  ];
  if (kind === LONG) return before + repeated(piece || taken || 'a', times) + taken + after;
  switch (kind % 8) {
    case 0:
      return before + after;
    case 1:
      return before + taken + taken + after;
    case 2:
      return before;
    case 3:
      return taken + after;
    case 4: {
      const other = samples[times % samples.length] ?? '';
      return (
        before + other.slice(Math.floor((at / PARTS) * other.length), times % (other.length + 1)) + after
      );
    }
    case 5:
      return before + repeated(piece, Math.min(times % 8, MAX_CHARS)) + taken + after;
    default:
      return before + piece + (kind % 2 === 0 ? taken : '') + after;
  }
}

function repeated(piece: string, chars: number): string {
  return piece.repeat(Math.ceil(chars / Math.max(1, piece.length)));
}
