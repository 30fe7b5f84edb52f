import { readdir, readlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

const GENERATION = /^cert\d+\.pem$/;

/**
 * How many certificates of a lineage certbot has kept: the `certN.pem` in the directory that
 * `live/NAME/cert.pem` leads to, by a link as `../../archive/NAME/certN.pem` (certbot, storage.py).
 * Rejects with the file system's error: `EINVAL` when cert.pem is no link.
 */
export async function countGenerations(directory: string): Promise<number> {
  const archive = dirname(resolve(directory, await readlink(join(directory, 'cert.pem'))));
  return (await readdir(archive)).filter((entry) => GENERATION.test(entry)).length;
}
