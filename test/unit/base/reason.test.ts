import { expect, test } from 'vitest';
import { lineOf, linesOf, print, type Reason } from '../../../lib/base/reason.ts';

const failed: Reason = {
  code: 'web-server-test-failed',
  command: 'nginx -t',
  end: 'exit 1',
  said: ['a', 'b'],
};

test('has the lines of a finding, and those of words', () => {
  expect(linesOf(failed)).toEqual(['nginx -t: exit 1 [web-server-test-failed]', 'a', 'b']);
  expect(linesOf('one\ntwo')).toEqual(['one', 'two']);
  expect(lineOf(failed)).toBe('nginx -t: exit 1 [web-server-test-failed]');
});

test('indents what belongs below a line by two more than the line', () => {
  const lines: string[] = [];
  print((line) => lines.push(line), failed, '  web2 192.0.2.12: ');
  expect(lines).toEqual(['  web2 192.0.2.12: nginx -t: exit 1 [web-server-test-failed]', '    a', '    b']);
});
