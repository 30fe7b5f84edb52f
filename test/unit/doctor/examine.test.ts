import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { CertbotHaError } from '../../../lib/base/errors.ts';
import { complaint, judged, passed, skipped, type Check } from '../../../lib/doctor/check.ts';
import { examine, unconfigured } from '../../../lib/doctor/examine.ts';
import { byHand } from '../../../lib/findings/step.ts';
import { healthy } from './healthy.ts';

const check = (name: string, run: Check['run'], timeoutMs = 1_000): Check => ({
  ...{ name, run, timeoutMs: () => timeoutMs },
});
const never = new AbortController().signal;
const wrong = complaint('fail', { code: 'nobody-renews' });
const odd = complaint('warn', { code: 'unit-disabled', unit: 'u' });

test('the worst stands first, and what may be a cause before what follows', async () => {
  const checks = [
    check('good', async () => passed('all of it')),
    check('left out', async () => skipped('for a reason')),
    check('odd', async () => judged([odd], '')),
    check('wrong', async () => judged([odd, wrong], '')),
    check('as wrong', async () => judged([wrong], '')),
  ];
  const reports = await examine(checks, healthy('/srv'), { signal: never });
  expect(reports.map(({ name, result }) => `${result} ${name}`)).toEqual([
    ...['fail wrong', 'fail as wrong', 'warn odd', 'pass good', 'skip left out'],
  ]);
  expect(reports[0]?.complaints.map(({ level }) => level)).toEqual(['fail', 'warn']);
});

test('one that hangs delays no other and is told, as what others throw', async () => {
  let end = () => {};
  const hanging = new Promise<never>((_, reject) => (end = () => reject(new Error('over'))));
  const ended: string[] = [];
  const checks = [
    check('hangs', async () => await hanging, 20),
    check('throws', async () => {
      throw new CertbotHaError('config', { code: 'no-lineage', configDir: '/x' }, { hint: 'type this' });
    }),
    check('bug', async () => {
      throw new TypeError('x is not a function');
    }),
    check('good', async () => passed('')),
  ];
  const options = { signal: never, endMs: 20, onEnd: (name: string) => void ended.push(name) };
  const reports = await examine(checks, healthy('/srv'), options);
  end();
  const found = reports.flatMap(({ complaints }) => complaints);
  expect(found.map(({ found, next }) => [found.code, next])).toEqual([
    ['check-too-slow', []],
    ['no-lineage', byHand('type this')],
    ['internal-error', []],
  ]);
  expect(ended.at(-1)).toBe('hangs');
});

test('what can be typed goes before a hint for people', async () => {
  const throws = check('throws', async () => {
    const found = { code: 'webroot-missing', directory: '/srv' } as const;
    throw new CertbotHaError('config', found, { hint: 'somebody has to make it' });
  });
  const [report] = await examine([throws], healthy('/srv'), { signal: never });
  expect(report?.complaints[0]?.next[0]?.command).toMatch(/^test -d \S+ \|\| install -d /);
});

test('what is over in its own time says itself what it has seen', async () => {
  const patient = check(
    'patient',
    async ({ signal }) => {
      await sleep(5_000, null, { signal }).catch(() => null);
      return judged([wrong], '');
    },
    20,
  );
  const [report] = await examine([patient], healthy('/srv'), { signal: never });
  expect(report?.complaints).toEqual([wrong]);
});

test('an interruption ends them, and leaves time to clean up', async () => {
  const interruption = new AbortController();
  let isClean = false;
  const drill = check('drill', async ({ signal }) => {
    await sleep(5_000, null, { signal }).catch(() => null);
    await sleep(20);
    isClean = true;
    throw new CertbotHaError('failed', { code: 'interrupted' });
  });
  const examining = examine([drill], healthy('/srv'), { signal: interruption.signal });
  interruption.abort();
  expect(await examining).toMatchObject([{ name: 'drill', result: 'skip', detail: 'interrupted' }]);
  expect(isClean).toBe(true);
});

test('a configuration that cannot be read is the first to be told', () => {
  const checks = [check('configuration', async () => passed('')), check('other', async () => passed(''))];
  const error = new CertbotHaError(
    'config',
    { code: 'configuration-missing', file: '/x' },
    { hint: 'write it' },
  );
  expect(unconfigured(checks, error)).toMatchObject([
    {
      name: 'configuration',
      result: 'fail',
      complaints: [{ found: { code: 'configuration-missing' }, next: byHand('write it') }],
    },
    { name: 'other', result: 'skip' },
  ]);
});
