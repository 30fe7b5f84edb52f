import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What may stand in a file's place and keep its reader waiting, or fill its memory. */
export const NO_FILES = ['device', 'endless', 'pipe', 'socket', 'huge'] as const;

export type NoFile = (typeof NO_FILES)[number];

export function isNoFile(kind: string): kind is NoFile {
  return (NO_FILES as readonly string[]).includes(kind);
}

export async function putNoFile(kind: NoFile, file: string): Promise<void> {
  if (kind === 'device') return await symlink('/dev/null', file);
  if (kind === 'endless') return await symlink('/dev/zero', file);
  if (kind === 'pipe') return void (await promisify(execFile)('mkfifo', [file]));
  if (kind === 'socket') return await putSocket(file);
  // No string may be as long; the disk holds nothing of it.
  await writeFile(file, '');
  await truncate(file, 600_000_000);
}

/** Made under a short name, as such names have to be, and left by whoever has listened. */
async function putSocket(file: string): Promise<void> {
  const short = await mkdtemp(join(tmpdir(), 's-'));
  const server = createServer().listen(join(short, 's'));
  await once(server, 'listening');
  try {
    await rename(join(short, 's'), file);
  } finally {
    server.close();
    await rm(short, { recursive: true });
  }
}
