import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** For the rest of the test, this stands for the system's getent. */
export async function getentIs(directory: string, script: string): Promise<void> {
  const file = join(directory, 'getent');
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  pathIs(`${directory}:${process.env['PATH']}`);
}

export function pathIs(path: string): void {
  const before = process.env['PATH'];
  process.env['PATH'] = path;
  onTestFinished(() => {
    process.env['PATH'] = before;
  });
}
