import { expect, test } from 'vitest';
import { publicAddresses } from '../../../lib/net/public-addresses.ts';

test('has the addresses of a name, of both families', async () => {
  const found = await publicAddresses('localhost', { timeoutMs: 5_000 });
  expect(found).toEqual(expect.arrayContaining(['127.0.0.1']));
});

test('has none for a name that does not exist', async () => {
  expect(await publicAddresses('nowhere.invalid', { timeoutMs: 5_000 })).toEqual([]);
});

test('ends when the signal aborts', async () => {
  const startedMs = performance.now();
  await publicAddresses('nowhere.invalid', { timeoutMs: 60_000, signal: AbortSignal.abort() });
  expect(performance.now() - startedMs).toBeLessThan(5_000);
});
