import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstallerNode } from './node.ts';

// Loaded before the installer: counts every call that changes the file system, and ends the process
// by SIGKILL in place of one of them; a write is done by half before. Nothing of the installer's own
// is touched, and what it has done until then is on disk as it would be.
const PRELOAD = `
const fs = require('node:fs/promises');
const { closeSync, openSync, writeFileSync, writeSync } = require('node:fs');
const at = Number(process.env.KILL_AT);
let count = 0;
const step = (before) => {
  count += 1;
  if (process.env.KILL_COUNT) writeFileSync(process.env.KILL_COUNT, String(count));
  if (count !== at) return;
  before?.();
  process.kill(process.pid, 'SIGKILL');
  for (;;);
};
for (const name of ['rename', 'symlink', 'link', 'unlink', 'mkdir', 'copyFile', 'chmod', 'rm', 'rmdir', 'writeFile', 'open']) {
  const real = fs[name];
  fs[name] = async (...args) => {
    step();
    return await real(...args);
  };
}
fs.open('/dev/null').then(async (handle) => {
  count = 0;
  const kind = Object.getPrototypeOf(handle);
  const { writeFile, chmod, sync } = kind;
  kind.writeFile = async function (content) {
    step(() => writeSync(this.fd, content.slice(0, content.length / 2)));
    return await writeFile.call(this, content);
  };
  kind.chmod = async function (mode) {
    step();
    return await chmod.call(this, mode);
  };
  kind.sync = async function () {
    step();
    return await sync.call(this);
  };
  await handle.close();
});
`;

/** The environment of an installer that ends in place of its Nth change, 1 for the first; 0 for none. */
export async function killedAt(node: InstallerNode, step: number): Promise<NodeJS.ProcessEnv> {
  const file = join(node.directory, 'preload.cjs');
  await writeFile(file, PRELOAD);
  return {
    NODE_OPTIONS: `--require ${file}`,
    KILL_AT: String(step),
    KILL_COUNT: join(node.directory, 'steps'),
  };
}

/** How many changes the last installer has made. */
export async function stepsOf(node: InstallerNode): Promise<number> {
  return Number(await readFile(join(node.directory, 'steps'), 'utf8'));
}
