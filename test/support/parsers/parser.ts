import * as fc from 'fast-check';
import { expect } from 'vitest';
import { cpuMs } from '../cpu-time.ts';

/** Something that reads what the network, another node or another program has written. */
export interface Parser {
  readonly what: string;
  /** of its group's cases, beside the others'; default 20. What writes files or asks OpenSSL gets less. */
  readonly share?: number;
  readonly input: fc.Arbitrary<string>;
  /** Throws where the parser has broken a rule: what it lets through has to be in order, and so has its error. */
  readonly holds: (text: string) => void | Promise<void>;
}

/** All parsers' cases together. */
const CASES = Number(process.env['CERTBOT_HA_PARSER_CASES'] ?? 100_000);
const SEED = Number(process.env['CERTBOT_HA_PARSER_SEED'] ?? 1);
/** Of no interest below; no reader of texts of this length takes as long. */
const [NOTICED_MS, SLOW_MS] = [250, 2_000];
/** As long as half of a text takes, twice, is linear; four times is what grows with the square. */
const TIMES_OF_HALF = 3;
/** Once means nothing: what is left by others may be collected meanwhile. */
const TRIES = 4;

/** Each parser of a group with its cases. @param thousandths of all cases that the group gets */
export function casesOf(
  parsers: readonly Parser[],
  thousandths: number,
): readonly (readonly [Parser, number])[] {
  const weights = parsers.map(({ share = 20 }) => share);
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return parsers.map((parser, index) => {
    const part = (weights[index] ?? 0) / all;
    return [parser, Math.max(1, Math.round((CASES * thousandths * part) / 1_000))] as const;
  });
}

/** Milliseconds for as many cases. */
export function timeFor(cases: number): number {
  return 60_000 + cases * 20;
}

/** A failure tells the seed, and the shortest text that makes it. */
export async function tryParser({ what, input, holds }: Parser, numRuns: number): Promise<void> {
  const property = fc.asyncProperty(input, async (text) => {
    if ((await timed(holds, text)) > NOTICED_MS) await expectInTime(holds, text);
  });
  try {
    await fc.assert(property, { numRuns, seed: SEED });
  } catch (error) {
    throw new Error(`${what}: a rule is broken, of ${numRuns} cases with the seed ${SEED}`, { cause: error });
  }
}

async function expectInTime(holds: Parser['holds'], text: string): Promise<void> {
  const half = await quickest(holds, text.slice(0, text.length / 2));
  const whole = await quickest(holds, text);
  const allowedMs = Math.min(SLOW_MS, Math.max(NOTICED_MS, half * TIMES_OF_HALF));
  if (whole > allowedMs)
    expect(`${text.length} characters took ${whole} ms, half of them ${half} ms`).toBe(
      `at most ${allowedMs} ms`,
    );
}

async function quickest(holds: Parser['holds'], text: string): Promise<number> {
  const times: number[] = [];
  for (let attempt = 1; attempt <= TRIES; attempt += 1) times.push(await timed(holds, text));
  return Math.min(...times);
}

/** Milliseconds of this process, whatever else the machine has to do. */
async function timed(holds: Parser['holds'], text: string): Promise<number> {
  const usedMs = cpuMs();
  await holds(text);
  return cpuMs() - usedMs;
}

/** The value, or undefined where it is no JSON. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether what was written and read again is the same, but for the sign of nought, which JSON.stringify leaves out. */
export function expectSame(again: unknown, read: unknown): void {
  expect(again).toEqual(JSON.parse(JSON.stringify(read)));
}
