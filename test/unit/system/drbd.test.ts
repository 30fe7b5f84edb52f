import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { liesOnDrbd } from '../../../lib/system/drbd.ts';
import { expect, test } from '../../support/temporary.ts';

/** Devices as in /sys, each with the ones that it lies on, which stand before it. */
async function devicesIn(directory: string, all: readonly (readonly [string, string, ...string[]])[]) {
  for (const [name, numbers, ...below] of all) {
    await mkdir(join(directory, name, 'slaves'), { recursive: true });
    await writeFile(join(directory, name, 'dev'), `${numbers}\n`);
    await symlink(name, join(directory, numbers));
    for (const one of below) await symlink(join('../..', one), join(directory, name, 'slaves', one));
  }
}

test('a volume of LVM on DRBD is on DRBD, also with LUKS between, and no other is', async ({ directory }) => {
  await devicesIn(directory, [
    ['sda', '8:0'],
    ['drbd0', '147:0', 'sda'],
    ['acme', '252:0', 'drbd0'],
    ['luks', '252:1', 'drbd0'],
    ['inner', '252:2', 'luks'],
    ['own', '252:3', 'sda'],
  ]);
  const on = async (device: string) => await liesOnDrbd(device, directory);
  expect(await Promise.all(['252:0', '252:2', '252:3', '8:0', '0:50'].map(on))).toEqual([
    ...[true, true, false, false, false],
  ]);
});
