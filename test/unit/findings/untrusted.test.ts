import { describe, expect, test } from 'vitest';
import { readFinding } from '../../../lib/findings/read.ts';
import type { Finding } from '../../../lib/findings/register.ts';
import { linesOf } from '../../../lib/findings/words.ts';
import { SAMPLES_OF_BUNDLES } from './samples-of-bundles.ts';
import { SAMPLES_OF_NODES } from './samples-of-nodes.ts';
import { SAMPLES_OF_SELF } from './samples-of-self.ts';

const samples: readonly Finding[] = [...SAMPLES_OF_BUNDLES, ...SAMPLES_OF_NODES, ...SAMPLES_OF_SELF];

/** What a peer may write in an argument's place, as JSON. */
const THROWN = [
  ...[
    '7',
    '-0.5',
    '1e999',
    'true',
    'false',
    'null',
    '{}',
    '{"length":3}',
    '[]',
    '[7]',
    '[["x"]]',
    '["x",null]',
  ],
  ...[
    'constructor',
    'toString',
    '__proto__',
    'hasOwnProperty',
    'null',
    'x\u001B[2J\u009B2J\u202Ey\r\nz',
    '',
  ].map((text) => JSON.stringify(text)),
  JSON.stringify('x'.repeat(2_000)),
  JSON.stringify(Array.from({ length: 300 }, (_, index) => 'x'.repeat(index * 4))),
];

function argumentsOf(finding: Finding): Readonly<Record<string, unknown>> {
  const { code: _, ...given } = finding;
  return given;
}

function typeOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value;
}

/** The types that an argument has in any of the samples; one that is null in all of them may be of both. */
function typesOf(code: string, key: string): readonly string[] {
  const all = samples.filter((one) => one.code === code).map((one) => typeOf(argumentsOf(one)[key]));
  return all.every((type) => type === 'null') ? ['string', 'number', 'null'] : [...all, 'null'];
}

/** What is wrong with a finding that has been read. */
function troublesOf(found: Finding | null): readonly string[] {
  if (found === null) return ['not read'];
  const wrong = Object.entries(argumentsOf(found)).filter(([key, value]) => {
    const texts = [value].flat().map(String);
    const isLong = texts.length > 200 || texts.some((text) => text.length > 1_000);
    const isNumber = typeof value !== 'number' || Number.isFinite(value);
    return isLong || !isNumber || !typesOf(found.code, key).includes(typeOf(value));
  });
  const odd = linesOf(found).filter((line) =>
    /[\p{Cc}\p{Cf}]|native code|\[object|\bundefined\b|\bNaN\b|Infinity/u.test(line),
  );
  return [...wrong.map(([key]) => `${found.code}: ${key}`), ...odd];
}

const places = samples.flatMap((sample) =>
  Object.keys(argumentsOf(sample)).map((key) => [sample.code, key, sample] as const),
);

describe('whatever another node writes', () => {
  test.each(places)('in %s as its %s is of the right type, or the finding is not known', (_, key, sample) => {
    const found = THROWN.map((thrown) => readFinding({ ...sample, [key]: JSON.parse(thrown) }, []));
    expect(found.flatMap(troublesOf)).toEqual([]);
  });

  test.each(places)('in %s, its %s cannot be left out', (code, key, sample) => {
    const { [key]: __, ...rest } = sample as Readonly<Record<string, unknown>>;
    expect(readFinding(rest, [`words [${code}]`])).toEqual({
      code: 'unknown-finding',
      was: code,
      line: 'words',
    });
  });

  test.each(samples)('beside the arguments of $code is not kept', (sample) => {
    const more = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`more${index}`, 'x']));
    const odd = JSON.parse(
      '{ "\\u009b2J": "x", "__proto__": { "file": "x" }, "constructor": "x", "message": "x" }',
    ) as object;
    expect(readFinding({ ...more, ...odd, ...sample }, [])).toEqual(sample);
  });

  test.for<readonly [string, object]>([
    ['a list for a text', { code: 'certificate-not-served', lineage: ['a', 'b'], serial: 'S' }],
    ['a flag for a text', { code: 'certificate-not-served', lineage: 'a', serial: true }],
    [
      'a text for a list',
      { code: 'web-server-test-failed', command: 'c', end: 'e', said: 'A'.repeat(1_000) },
    ],
    [
      'the name of a function for a word',
      { code: 'connection-refused', who: 'toString', port: 9, error: 'e' },
    ],
    ['null for a text', { code: 'lock-held', directory: null }],
    ['a text for a number', { code: 'key-mismatch', port: '9480' }],
    ['a number for a flag', { code: 'not-a-directory', directory: '/x', isRemoved: 1 }],
  ])('is not known with %s', ([, value]) => {
    expect(readFinding(value, [])).toMatchObject({ code: 'unknown-finding' });
  });

  test.for(['constructor', '__proto__', 'hasOwnProperty', 'to-string'])('has no code %s', (code) => {
    const found = readFinding(JSON.parse(`{ "code": "${code}" }`), []);
    expect(found?.code ?? 'unknown-finding').toBe('unknown-finding');
  });
});
