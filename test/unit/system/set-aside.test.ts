import { mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { copyAside, setAside } from '../../../lib/system/set-aside.ts';
import { eventually } from '../../lab/eventually.ts';
import { expect, test } from '../../support/temporary.ts';

const idOf = (number: number) => String(number).padStart(64, '0');

/** A file system's clock may stand still for some milliseconds. */
async function nextTick(directory: string): Promise<void> {
  const probe = join(directory, 'probe');
  const now = async () => {
    await writeFile(probe, '');
    return (await stat(probe)).ctimeMs;
  };
  const startMs = await now();
  await eventually(now, { until: (ms) => ms > startMs, timeoutMs: 1_000, everyMs: 2, what: 'a later time' });
}

describe('what is set aside', () => {
  test('is moved as it is, under a name of its own', async ({ directory }) => {
    const [bundles, target] = [join(directory, 'bundles'), join(directory, 'backup')];
    await mkdir(join(bundles, idOf(1)), { recursive: true });
    await writeFile(join(bundles, idOf(1), 'file'), 'as it was');
    await setAside(bundles, idOf(1), target);
    expect(await readdir(bundles)).toEqual([]);
    const [name = ''] = await readdir(target);
    expect(name).toMatch(/^refused-0{63}1-[0-9a-f-]{36}$/);
    expect(await readFile(join(target, name, 'file'), 'utf8')).toBe('as it was');
  });

  test('is kept, the newest 20 of it, without following a link or touching anything else', async ({
    directory,
  }) => {
    const [bundles, target] = [join(directory, 'bundles'), join(directory, 'backup')];
    const precious = join(directory, 'precious');
    for (const path of [bundles, precious, join(target, 'www.example.test-2026-01-01T00-00-00-000Z')]) {
      await mkdir(path, { recursive: true });
    }
    await writeFile(join(precious, 'file'), 'kept');
    await writeFile(join(target, 'refused-by-hand'), '');
    const later = new Date(Date.now() + 600_000);
    for (let number = 1; number <= 24; number += 1) {
      const place = join(bundles, idOf(number));
      if (number % 2 === 0) await symlink(precious, place);
      else {
        await mkdir(place);
        await symlink(precious, join(place, 'link'));
        // Its owner may say what it likes of its age.
        await utimes(place, later, number === 1 ? later : 0);
      }
      await setAside(bundles, idOf(number), target);
      if (number === 4) await nextTick(directory);
    }
    const left = (await readdir(target)).flatMap((name) => /^refused-(0\d+)-/.exec(name)?.[1] ?? []);
    expect(left.map(Number).toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 5),
    );
    expect(await readdir(target)).toHaveLength(22);
    expect(await readFile(join(precious, 'file'), 'utf8')).toBe('kept');
  });

  test('is nothing where it has gone meanwhile', async ({ directory }) => {
    await setAside(directory, idOf(1), join(directory, 'backup'));
    expect(await readdir(join(directory, 'backup'))).toEqual([]);
  });
});

test('a copy that was cut off is none, and goes with the others', async ({ directory }) => {
  const [file, target] = [join(directory, 'list.json'), join(directory, 'backup')];
  await writeFile(file, 'as it was');
  const cutOff = `refused-list.json-${crypto.randomUUID()}.partial`;
  await mkdir(target);
  await writeFile(join(target, cutOff), 'as');
  await nextTick(directory);
  for (let number = 0; number < 20; number += 1) await copyAside(file, target);
  const names = await readdir(target);
  expect(names).toHaveLength(20);
  expect(names).not.toContain(cutOff);
  await expect(copyAside(join(directory, 'gone'), target)).rejects.toMatchObject({ code: 'ENOENT' });
  expect((await readdir(target)).filter((name) => name.endsWith('.partial'))).toEqual([]);
});
