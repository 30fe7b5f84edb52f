import { expect, test } from 'vitest';
import { CertbotHaError } from '../../../lib/base/errors.ts';
import { printError, reportError } from '../../../lib/base/report-error.ts';

function report(error: unknown) {
  const lines: string[] = [];
  const exitCode = reportError(error, (line) => lines.push(line));
  return { exitCode, lines };
}

test('writes every problem on a line and the next step below', () => {
  const error = new CertbotHaError('config', [{ code: 'inbox-full' }, { code: 'no-name-given' }], {
    hint: 'fix it',
  });
  expect(report(error)).toEqual({
    exitCode: 2,
    lines: ['the inbox is full [inbox-full]', 'certonly: no name given [no-name-given]', '  fix it'],
  });
});

test('writes a finding with its code, and what belongs below it indented', () => {
  const found = { code: 'web-server-test-failed', command: 'nginx -t', end: 'exit 1', said: ['no'] } as const;
  expect(report(new CertbotHaError('failed', found, { hint: 'fix it' }))).toEqual({
    exitCode: 1,
    lines: ['nginx -t: exit 1 [web-server-test-failed]', '  no', '  fix it'],
  });
});

test('shows no stack of an error that is the operator’s', () => {
  expect(report(new CertbotHaError('failed', { code: 'inbox-full' }))).toEqual({
    exitCode: 1,
    lines: ['the inbox is full [inbox-full]'],
  });
});

test.for(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'ESTALE', 'EMFILE', 'ELOOP', 'ENOTDIR'])(
  'calls %s no bug: it is the system’s own',
  (code) => {
    const error = Object.assign(new Error(`${code}: no room, write`), { code, errno: -28, syscall: 'write' });
    expect(report(error)).toEqual({ exitCode: 1, lines: [`${code}: no room, write [system-error]`] });
  },
);

test('says that anything else is a bug, with its stack', () => {
  const { exitCode, lines } = report(new TypeError('x is not a function'));
  expect(exitCode).toBe(1);
  expect(lines.join('\n')).toMatch(
    /^this is a bug in certbot-ha: TypeError: x is not a function\n +at .*report-error\.test/,
  );
});

test('says also what was thrown and is no error', () => {
  expect(report('boom')).toEqual({ exitCode: 1, lines: ['this is a bug in certbot-ha: boom'] });
});

test('prints an error that ends nothing whole as well, behind its prefix', () => {
  const lines: string[] = [];
  const found = [{ code: 'drained' }, { code: 'inbox-full' }] as const;
  printError(new CertbotHaError('failed', found, { hint: 'fix it' }), (line) => lines.push(line), '  ');
  expect(lines).toEqual(['  drained, left out [drained]', '  the inbox is full [inbox-full]', '    fix it']);
});
