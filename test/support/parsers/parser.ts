import * as fc from 'fast-check';
import { expect } from 'vitest';

/** Something that reads what the network, another node or another program has written. */
export interface Parser {
  readonly what: string;
  /** of all cases, in thousandths; default 20. What writes files or asks OpenSSL gets less. */
  readonly share?: number;
  readonly input: fc.Arbitrary<string>;
  /** Throws where the parser has broken a rule: what it lets through has to be in order, and so has its error. */
  readonly holds: (text: string) => void | Promise<void>;
}

/** All parsers' cases together. */
const CASES = Number(process.env['CERTBOT_HA_PARSER_CASES'] ?? 100_000);
const SEED = Number(process.env['CERTBOT_HA_PARSER_SEED'] ?? 1);
/** Of no interest below; no reader of texts of this length takes as long. */
const [NOTICED_MS, SLOW_MS] = [100, 2_000];
/** As long as half of a text takes, twice, is linear; four times is what grows with the square. */
const TIMES_OF_HALF = 3;
/** On a machine that has other things to do, once means nothing. */
const TRIES = 3;

export const shareOf = ({ share = 20 }: Parser): number => share;

/** How many cases a parser gets of all. */
export function casesOf(parser: Parser, all: readonly Parser[]): number {
  const shares = all.map(shareOf).reduce((sum, share) => sum + share, 0);
  return Math.max(1, Math.round((CASES * shareOf(parser)) / shares));
}

/** Milliseconds for so many cases. */
export function timeFor(cases: number): number {
  return 60_000 + cases * 20;
}

/** A failure tells the seed and the shortest text that makes it. */
export async function tryParser({ input, holds }: Parser, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(input, async (text) => {
      if ((await timed(holds, text)) > NOTICED_MS) await expectInTime(holds, text);
    }),
    { numRuns, seed: SEED },
  );
}

async function expectInTime(holds: Parser['holds'], text: string): Promise<void> {
  const half = await quickest(holds, text.slice(0, text.length / 2));
  const whole = await quickest(holds, text);
  const allowedMs = Math.min(SLOW_MS, Math.max(NOTICED_MS, half * TIMES_OF_HALF));
  expect(whole, `milliseconds for ${text.length} characters, of which half takes ${half}`).toBeLessThan(
    allowedMs,
  );
}

async function quickest(holds: Parser['holds'], text: string): Promise<number> {
  const times: number[] = [];
  for (let attempt = 1; attempt <= TRIES; attempt += 1) times.push(await timed(holds, text));
  return Math.min(...times);
}

async function timed(holds: Parser['holds'], text: string): Promise<number> {
  const startedMs = performance.now();
  await holds(text);
  return performance.now() - startedMs;
}

/** The value, or undefined where it is no JSON. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
