import { expect, test } from 'vitest';
import { CertbotHaError, hasErrorCode, type ErrorCode } from '../../../lib/base/errors.ts';

test.for([
  ['usage', 2],
  ['config', 2],
  ['environment', 2],
  ['failed', 1],
] as const satisfies readonly (readonly [ErrorCode, number])[])(
  'trouble of the kind %s exits with %i',
  ([code, exitCode]) => {
    expect(new CertbotHaError(code, 'x').exitCode).toBe(exitCode);
  },
);

test('several problems are a line each', () => {
  const error = new CertbotHaError('config', ['one', 'two'], { cause: 'why' });
  expect(error).toMatchObject({
    message: 'one\ntwo',
    problems: ['one', 'two'],
    hint: undefined,
    cause: 'why',
  });
});

test('only a system error with one of the codes has it', () => {
  const error = Object.assign(new Error('x'), { code: 'ENOENT' });
  expect(hasErrorCode(error, 'EACCES', 'ENOENT')).toBe(true);
  expect(hasErrorCode(error, 'EACCES')).toBe(false);
  expect(hasErrorCode({ code: 'ENOENT' }, 'ENOENT')).toBe(false);
  expect(hasErrorCode(new Error('ENOENT'), 'ENOENT')).toBe(false);
});
