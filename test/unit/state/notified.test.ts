import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createNotified } from '../../../lib/state/notified.ts';
import { noDamage } from '../../support/no-damage.ts';
import { expect, test } from '../../support/temporary.ts';

const AT = '2027-03-01T00:00:00.000Z';
const TROUBLE = { who: null, code: 'agent-silent', message: 'x', since: AT, seen: 2, gone: 0, told: AT };
const TOLD = { 'mail-0': { troubles: { 'node web2': TROUBLE }, sent: [AT] } };

test('what is written is read by the next program, and nobody but root reads it', async ({ directory }) => {
  const file = join(directory, 'notified.json');
  expect(await createNotified(directory, noDamage).read()).toEqual({});
  await createNotified(directory, noDamage).write(TOLD);
  expect(await createNotified(directory, noDamage).read()).toEqual(TOLD);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('what is there already is not written again', async ({ directory }) => {
  const file = join(directory, 'notified.json');
  await createNotified(directory, noDamage).write(TOLD);
  const { ino } = await stat(file);
  const notified = createNotified(directory, noDamage);
  await notified.write(await notified.read());
  expect((await stat(file)).ino).toBe(ino);
});

test.for([
  ['cut off', '{"mail-0":'],
  ['a list', '[{}]'],
  ['of another shape', '{"mail-0":{"troubles":{"a":{"who":1}},"sent":[]}}'],
  ['with a time that is none', JSON.stringify({ 'mail-0': { troubles: {}, sent: ['soon'] } })],
] as const)('%s, it counts as absent, is told of, and is written over', async ([, text], { directory }) => {
  const file = join(directory, 'notified.json');
  await writeFile(file, text);
  const damages: string[] = [];
  const notified = createNotified(directory, (damage) => void damages.push(damage.file));
  expect(await notified.read()).toEqual({});
  expect(damages).toEqual([file]);
  await notified.write(TOLD);
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(TOLD);
});

test('two at once do not tell the same: the second waits', async ({ directory }) => {
  const order: string[] = [];
  const work = async (name: string) => {
    await createNotified(directory, noDamage).alone(async () => {
      order.push(`${name} begins`);
      await new Promise((resolve) => void setImmediate(resolve));
      order.push(`${name} ends`);
    });
  };
  await Promise.all([work('one'), work('two')]);
  expect(order.map((words) => words.split(' ')[1])).toEqual(['begins', 'ends', 'begins', 'ends']);
});

test('where there is no place for a lock, it runs without one', async ({ directory }) => {
  await mkdir(join(directory, 'full'));
  await writeFile(join(directory, 'full/state'), '');
  const notified = createNotified(join(directory, 'full/state'), noDamage);
  expect(await notified.alone(async () => 'told')).toBe('told');
});

test('what fails in it is not done a second time', async ({ directory }) => {
  let count = 0;
  const run = createNotified(directory, noDamage).alone(async () => {
    count += 1;
    throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', errno: -28 });
  });
  await expect(run).rejects.toThrow('ENOSPC');
  expect(count).toBe(1);
});
