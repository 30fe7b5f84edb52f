import { expect, test } from 'vitest';
import type { Finding } from '../../../lib/findings/register.ts';
import { REGISTER } from '../../../lib/findings/register.ts';
import { lineOf, linesOf, wordsOf } from '../../../lib/findings/words.ts';
import { SAMPLES_OF_BUNDLES } from './samples-of-bundles.ts';
import { SAMPLES_OF_NODES } from './samples-of-nodes.ts';
import { SAMPLES_OF_SELF } from './samples-of-self.ts';

const samples = [...SAMPLES_OF_BUNDLES, ...SAMPLES_OF_NODES, ...SAMPLES_OF_SELF];

const refused: Finding = {
  code: 'web-server-test-failed',
  command: 'nginx -t',
  end: 'exit 1',
  said: ['nginx: [emerg] unknown directive "wrong"', 'nginx: configuration test failed'],
};

test('puts a finding into words, and its code behind them', () => {
  expect(wordsOf(refused)).toBe('nginx -t: exit 1');
  expect(lineOf(refused)).toBe('nginx -t: exit 1 [web-server-test-failed]');
});

test('leaves what a program has said to the lines below, which have no code', () => {
  expect(linesOf(refused)).toEqual([
    'nginx -t: exit 1 [web-server-test-failed]',
    'nginx: [emerg] unknown directive "wrong"',
    'nginx: configuration test failed',
  ]);
  expect(linesOf({ code: 'inbox-full' })).toEqual(['the inbox is full [inbox-full]']);
});

test('is printable, whoever has put what into its arguments', () => {
  const said = ['a\r\n\tb', '\u001B[2Jc\u009B2J\u202Ed'];
  expect(linesOf({ ...refused, said })).toEqual([
    'nginx -t: exit 1 [web-server-test-failed]',
    'a b',
    ' [2Jc 2J d',
  ]);
  expect(lineOf({ code: 'body-differs', expected: 'x', got: '\u009B\u202E' })).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});

test('has codes that can be searched for', () => {
  for (const code of Object.keys(REGISTER)) expect(code).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
});

test.each(samples)('words $code in the manner of all messages', (finding) => {
  const words = wordsOf(finding);
  expect(words, 'one line').not.toMatch(/[\n\t]/);
  expect(words, 'no full stop').not.toMatch(/\.$/);
  expect(words, 'a value that is missing').not.toMatch(/undefined|null|\[object/);
  expect(words, 'words of daily life').not.toMatch(/\b(?:owed?|mend|looks|all the same|took|lies?)\b/i);
  expect(words, 'a code, which is printed behind the words').not.toMatch(/\[[a-z-]+\]$/);
});

test('has arguments that survive a journey as JSON', () => {
  for (const finding of samples) expect(JSON.parse(JSON.stringify(finding))).toEqual(finding);
});
