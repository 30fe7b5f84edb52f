import { expect, test } from 'vitest';
import { jsonOf, print } from '../../../lib/base/print.ts';
import type { Finding } from '../../../lib/findings/register.ts';

const failed: Finding = {
  code: 'web-server-test-failed',
  command: 'nginx -t',
  end: 'exit 1',
  said: ['a', 'b'],
};

test('indents what belongs below a line by two more than the line', () => {
  const lines: string[] = [];
  print((line) => lines.push(line), failed, '  web2 192.0.2.12: ');
  expect(lines).toEqual(['  web2 192.0.2.12: nginx -t: exit 1 [web-server-test-failed]', '    a', '    b']);
});

test('JSON moves no cursor, and is the same value', () => {
  const value = { a: 'x\u001B[2J\u007F\u009B2J\u202E\u{E0041}', ['\u009B']: ['é\n'] };
  const text = jsonOf(value);
  expect(text).not.toMatch(/[^\n\P{Cc}]|\p{Cf}/u);
  expect(JSON.parse(text)).toEqual(value);
});
