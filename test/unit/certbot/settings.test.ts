import { describe, expect, test } from 'vitest';
import { readSettings, settingLine } from '../../../lib/certbot/settings.ts';
import { cpuMs } from '../../support/cpu-time.ts';

const read = (text: string) => readSettings(text).map(({ section, key, value }) => [section, key, value]);

describe('a configuration of certbot is read', () => {
  test.each([
    ['plainly', 'a = 1', [['', 'a', '1']]],
    ['without spaces', 'a=1', [['', 'a', '1']]],
    ['with a comment behind', 'a = 1 # one', [['', 'a', '1']]],
    ['in quotes', `a = "1 # one, 'two'"`, [['', 'a', "1 # one, 'two'"]]],
    ['with a quoted key', `"a" = '1'`, [['', 'a', '1']]],
    [
      'with line ends of DOS',
      'a = 1\r\n[s]\r\nb = 2\r\n',
      [
        ['', 'a', '1'],
        ['s', 'b', '2'],
      ],
    ],
    [
      'with sections in one another',
      '[s]\n[[t]]\na = 1\n[[u]]\nb = 2\n[v]\nc = 3',
      [
        ['s/t', 'a', '1'],
        ['s/u', 'b', '2'],
        ['v', 'c', '3'],
      ],
    ],
    ['with what is nothing', '\n# a = 1\n  # b = 2\nnonsense\n= 3\nc = 4', [['', 'c', '4']]],
    [
      'with an empty value',
      'a =\nb = ""',
      [
        ['', 'a', ''],
        ['', 'b', ''],
      ],
    ],
    ['with a value that has =', 'a = b=c', [['', 'a', 'b=c']]],
    [
      'with a value over several lines',
      `a = '''1\nb = 2\n3'''\nc = 4`,
      [
        ['', 'a', `a = '''1\nb = 2\n3'''`],
        ['', 'c', '4'],
      ],
    ],
  ])('%s', (_, text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  test('in no time, whatever it is', () => {
    const usedMs = cpuMs();
    for (const odd of [' ', '"', '[', '=', "'''", '#', ' = ', ' --config=']) read(odd.repeat(30_000));
    expect(cpuMs() - usedMs).toBeLessThan(500);
  });
});

test.each(['plain', 'a, b', 'a # b', '"a"', " 'a' ", '', 'it’s', "O'Brien"])(
  '%j is written so that it is read again',
  (value) => {
    expect(read(settingLine('key', value))).toEqual([['', 'key', value]]);
  },
);
