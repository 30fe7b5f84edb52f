import { describe, expect, test } from 'vitest';
import { readDelivery } from '../../../lib/channel/answers.ts';
import { MAX_BODY_BYTES } from '../../../lib/channel/protocol.ts';
import type { Finding } from '../../../lib/findings/register.ts';
import { ended } from '../../../lib/installer/ending.ts';

const BUNDLE = { id: 'b'.repeat(64), lineage: 'www.example.test', at: '2026-11-24T00:01:00.000Z' };

const times = (count: number, make: (index: number) => Finding) =>
  Array.from({ length: count }, (_, index) => make(index));
const invalidLine = (line: number): Finding => ({ code: 'key-file-invalid', file: 'FILE', line, length: 32 });
const said = (lines: number, text = 'x'): Finding => ({
  ...{ code: 'web-server-test-failed', command: 'nginx -t', end: 'exit 1' },
  said: Array.from({ length: lines }, () => text),
});

describe('how an installation ended', () => {
  test.for<readonly [string, readonly Finding[]]>([
    ['nothing', []],
    ['as many findings as its reader takes', times(50, invalidLine)],
    ['one more', times(51, invalidLine)],
    ['a finding for each of 64 kB of line ends', times(65_536, invalidLine)],
    ['as many lines as its reader takes', [said(199)]],
    ['one line more', [said(200)]],
    ['many findings of many lines', times(60, () => said(60))],
    ['long lines', times(49, () => said(20, '€'.repeat(5_000)))],
    ['text that would move a cursor', [said(3, '\u001B[2J\u009B\u202E')]],
    [
      'a hundred long names that are not covered',
      times(100, () => {
        const names = Array.from({ length: 100 }, () => `${'name.'.repeat(45)}test`);
        return { code: 'name-not-covered', file: 'cert.pem', name: 'a.test', names };
      }),
    ],
  ])('is read as it was written with %s', ([, findings]) => {
    const result = { ...BUNDLE, ...ended('refused', findings) };
    const text = JSON.stringify(result);
    expect(Buffer.byteLength(text)).toBeLessThan(MAX_BODY_BYTES);
    expect(readDelivery(JSON.parse(text))).toEqual(result);
  });

  test('tells how many more findings there are', () => {
    const { findings } = ended('refused', times(120, invalidLine));
    expect(findings).toEqual([...times(49, invalidLine), { code: 'more-findings', count: 71 }]);
  });

  test('tells how many more lines there are', () => {
    const { messages } = ended(
      'refused',
      times(4, () => said(99)),
    );
    expect(messages).toHaveLength(200);
    expect(messages.at(-1)).toBe('  and 201 more lines');
  });
});
