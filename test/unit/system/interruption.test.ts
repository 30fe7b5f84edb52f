import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { run } from '../../support/programs/program.ts';
import { expect, test } from '../../support/temporary.ts';

const MODULE = new URL('../../../lib/system/interruption.ts', import.meta.url).pathname;

const JITI = new URL('../../../node_modules/.bin/jiti', import.meta.url).pathname;

/** Runs a script that has `interruption` in a process of its own, whose signals are not the tests'. */
async function inNode(directory: string, script: string) {
  const file = join(directory, 'script.ts');
  await writeFile(file, `import { interruption } from ${JSON.stringify(MODULE)};\n${script}`);
  return await run([process.execPath, JITI, file]);
}

describe('an interruption', () => {
  test('aborts the signal and not the process', async ({ directory }) => {
    const script = `
const signal = interruption();
const alive = setTimeout(() => console.log('never told'), 10_000);
signal.addEventListener('abort', () => {
  console.log('told');
  clearTimeout(alive);
  setTimeout(() => console.log('ended'), 50);
});
process.kill(process.pid, 'SIGTERM');
`;
    expect(await inNode(directory, script)).toMatchObject({ code: 0, stdout: 'told\nended\n', stderr: '' });
  });

  test('may be waited for by any number of steps without a warning', async ({ directory }) => {
    const script = `
const signal = interruption();
for (let step = 0; step < 100; step += 1) signal.addEventListener('abort', () => undefined);
`;
    expect(await inNode(directory, script)).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });
});
