import { expect, test } from 'vitest';
import { CertbotHaError, findingsOf, hasErrorCode, type ErrorKind } from '../../../lib/base/errors.ts';

test.for([
  ['usage', 2],
  ['config', 2],
  ['environment', 2],
  ['failed', 1],
] as const satisfies readonly (readonly [ErrorKind, number])[])(
  'trouble of the kind %s exits with %i',
  ([kind, exitCode]) => {
    expect(new CertbotHaError(kind, { code: 'inbox-full' }).exitCode).toBe(exitCode);
  },
);

test('several problems are a line each', () => {
  const found = [{ code: 'inbox-full' }, { code: 'no-name-given' }] as const;
  const problems = ['the inbox is full [inbox-full]', 'certonly: no name given [no-name-given]'];
  const error = new CertbotHaError('config', found, { cause: 'why' });
  expect(error).toMatchObject({
    message: problems.join('\n'),
    problems,
    hint: undefined,
    cause: 'why',
  });
});

test('keeps what was found as values, and words it as its message', () => {
  const found = [{ code: 'inbox-full' }, { code: 'manifest-invalid', key: 'from' }] as const;
  const error = new CertbotHaError('failed', found);
  expect(error.findings).toEqual(found);
  expect(error.message).toBe(
    'the inbox is full [inbox-full]\nmanifest: from: not as it should be [manifest-invalid]',
  );
});

test('all that was found is kept, whatever was thrown', () => {
  const found = [{ code: 'drained' }, { code: 'inbox-full' }] as const;
  expect(findingsOf(new CertbotHaError('failed', found))).toEqual(found);
  expect(findingsOf(new Error('x'))).toEqual([{ code: 'system-error', error: 'x' }]);
  expect(findingsOf('x')).toEqual([{ code: 'system-error', error: 'x' }]);
});

test('only a system error with one of the codes has it', () => {
  const error = Object.assign(new Error('x'), { code: 'ENOENT' });
  expect(hasErrorCode(error, 'EACCES', 'ENOENT')).toBe(true);
  expect(hasErrorCode(error, 'EACCES')).toBe(false);
  expect(hasErrorCode({ code: 'ENOENT' }, 'ENOENT')).toBe(false);
  expect(hasErrorCode(new Error('ENOENT'), 'ENOENT')).toBe(false);
});
