import { join } from 'node:path';
import { entriesOf, orNone, textOf } from './read-file.ts';

/** The number of DRBD's driver (the kernel's devices.txt). */
export const DRBD_MAJOR = 147;
/** LVM on LUKS on RAID is three. */
const MAX_DEPTH = 8;

/**
 * Whether a block device lies on DRBD, with LVM or LUKS between.
 * @param device its numbers: `252:3`
 */
export async function liesOnDrbd(device: string, devices = '/sys/dev/block'): Promise<boolean> {
  return await hasBelow(join(devices, device), MAX_DEPTH);
}

async function hasBelow(directory: string, depth: number): Promise<boolean> {
  const slaves = join(directory, 'slaves');
  for (const name of depth === 0 ? [] : await orNone(entriesOf(slaves), [])) {
    const numbers = (await orNone(textOf(join(slaves, name, 'dev')), null)) ?? '';
    if (numbers.startsWith(`${DRBD_MAJOR}:`) || (await hasBelow(join(slaves, name), depth - 1))) return true;
  }
  return false;
}
