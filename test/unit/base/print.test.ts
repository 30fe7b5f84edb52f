import { expect, test } from 'vitest';
import { print } from '../../../lib/base/print.ts';
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
