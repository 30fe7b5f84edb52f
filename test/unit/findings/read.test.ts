import { describe, expect, test } from 'vitest';
import { findingOfLine, readFinding } from '../../../lib/findings/read.ts';
import type { Finding } from '../../../lib/findings/register.ts';
import { lineOf } from '../../../lib/findings/words.ts';
import { SAMPLES_OF_BUNDLES } from './samples-of-bundles.ts';
import { SAMPLES_OF_NODES } from './samples-of-nodes.ts';
import { SAMPLES_OF_SELF } from './samples-of-self.ts';

const samples: readonly Finding[] = [...SAMPLES_OF_BUNDLES, ...SAMPLES_OF_NODES, ...SAMPLES_OF_SELF];

test.each(samples)('reads $code back as it was written', (finding) => {
  expect(readFinding(JSON.parse(JSON.stringify(finding)), [])).toEqual(finding);
});

describe('a finding of another version', () => {
  test('is worded by its line where its code is not known', () => {
    const lines = ['the moon is full [moon-full]', 'as it was [moon-new]'];
    expect(readFinding({ code: 'moon-new', at: 'night' }, lines)).toEqual({
      code: 'unknown-finding',
      was: 'moon-new',
      line: 'as it was',
    });
  });

  test('is its code alone where there is no line', () => {
    expect(readFinding({ code: 'moon-new' }, [])).toMatchObject({ was: 'moon-new', line: 'moon-new' });
  });

  test.for<readonly [string, object]>([
    ['lack', { code: 'lock-held' }],
    ['are of another type', { code: 'no-such-lineage', names: 'a', configDir: '/x', known: {} }],
  ])('is worded by its line where arguments %s', ([, value]) => {
    const { code } = value as { code: string };
    expect(readFinding(value, [`its words [${code}]`])).toEqual({
      code: 'unknown-finding',
      was: code,
      line: 'its words',
    });
  });

  test('from before there were any is its line', () => {
    expect(lineOf(findingOfLine('older'))).toBe('older [unknown-finding]');
  });
});

test.for<readonly [string, unknown]>([
  ['null', null],
  ['a string', 'lock-held'],
  ['without a code', { directory: '/x' }],
  ['a code of another kind', { code: 7 }],
  ['a code with a space', { code: 'lock held' }],
  ['a code that ends in a line feed', { code: 'lock-held\n' }],
  ['a code that is too long', { code: 'a'.repeat(65) }],
])('is none: %s', ([, value]) => {
  expect(readFinding(value, [])).toBe(null);
});

test('takes out what would move a cursor, and what is too long', () => {
  const directory = `/x\u001B[2J\u202E${'y'.repeat(2_000)}`;
  const found = readFinding({ code: 'lock-held', directory }, []);
  expect(found).toMatchObject({ code: 'lock-held' });
  const line = found === null ? '' : lineOf(found);
  expect(line).toMatch(/^[\x20-\x7e]+$/);
  expect(line.length).toBeLessThan(1_100);
});
