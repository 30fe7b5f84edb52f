import { expect, test } from 'vitest';
import { CertbotHaError } from '../../../lib/base/errors.ts';
import { takeBack } from '../../../lib/setup/undo.ts';

test('a step that names what it could not undo keeps none of the others from it', async () => {
  const undone: string[] = [];
  const found = { code: 'not-undone', file: '/etc/b', error: 'EROFS' } as const;
  const left = await takeBack([
    { file: '/etc/a', undo: async () => await Promise.resolve(undone.push('/etc/a')) },
    { file: '/etc/c', undo: async () => await Promise.reject(new CertbotHaError('failed', found)) },
  ]);
  expect({ left, undone }).toEqual({ left: [found], undone: ['/etc/a'] });
});
