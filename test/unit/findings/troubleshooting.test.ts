import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { REGISTER, type Finding } from '../../../lib/findings/register.ts';
import { linesOf, wordsOf } from '../../../lib/findings/words.ts';
import { SAMPLES_OF_BUNDLES } from './samples-of-bundles.ts';
import { SAMPLES_OF_NODES } from './samples-of-nodes.ts';
import { SAMPLES_OF_SELF } from './samples-of-self.ts';

interface Entry {
  readonly code: string;
  /** as it is printed, without the code */
  readonly message: readonly string[];
  readonly cause: string;
  readonly nextStep: string;
}

const page = await readFile(new URL('../../../docs/troubleshooting.md', import.meta.url), 'utf8');
const entries = (page.split(/^## Codes$/m)[1] ?? '').split(/^### /m).slice(1).map(entryOf);
const samples = [...SAMPLES_OF_BUNDLES, ...SAMPLES_OF_NODES, ...SAMPLES_OF_SELF];

function entryOf(section: string): Entry {
  const [code = '', ...lines] = section.split('\n');
  const after = (label: string) => lines.find((line) => line.startsWith(label))?.slice(label.length) ?? '';
  return {
    code,
    message: lines.filter((line) => line.startsWith('    ')).map((line) => line.slice(4)),
    cause: after('- Cause: '),
    nextStep: after('- Next step: '),
  };
}

function printedOf(finding: Finding): readonly string[] {
  const [, ...more] = linesOf(finding);
  return [wordsOf(finding), ...more.map((line) => `  ${line}`)];
}

test('has every code of the register, no other one, in alphabetical order', () => {
  expect(entries.map(({ code }) => code)).toEqual(Object.keys(REGISTER).toSorted());
});

test.each(entries)('shows $code as it is printed', ({ code, message }) => {
  const printed = samples.flatMap((finding) => (finding.code === code ? printedOf(finding) : []));
  expect(message).toEqual(printed);
  expect(message).not.toEqual([]);
});

test.each(entries)('gives cause and next step of $code', ({ cause, nextStep }) => {
  for (const text of [cause, nextStep]) {
    expect(text).toMatch(/.{4,}[.?]\**$/);
    expect(text, 'a reader came here because the message was not enough').not.toMatch(
      /\b(?:as it says|as they say|the same\.$|see above|words tell)/i,
    );
  }
});

test('has no line that a terminal or a diff cannot show', () => {
  expect(page.split('\n').filter((line) => line.length > 200)).toEqual([]);
});
