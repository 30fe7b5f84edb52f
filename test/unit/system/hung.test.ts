import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { within } from '../../../lib/system/deadline.ts';
import { unlessHung } from '../../../lib/system/hung.ts';
import { start } from '../../support/programs/program.ts';
import { expect, test } from '../../support/temporary.ts';

const LIB = new URL('../../../lib/system/hung.ts', import.meta.url).pathname;
const JITI = new URL('../../../node_modules/.bin/jiti', import.meta.url).pathname;

describe('a file system that does not answer', () => {
  test('is waited for until the time is over', async () => {
    const never = async () => await new Promise<string>(() => undefined);
    await expect(unlessHung('/mnt', AbortSignal.timeout(50), never)).rejects.toMatchObject({
      kind: 'failed',
      message: '/mnt: the file system does not answer [file-system-silent]',
    });
    expect(await unlessHung('/mnt', AbortSignal.timeout(5_000), async () => 'there')).toBe('there');
  });

  test('is waited for no longer when somebody interrupts, and is not blamed for it', async () => {
    const never = async () => await new Promise<string>(() => undefined);
    const interruption = new AbortController();
    const waiting = unlessHung('/mnt', within(interruption.signal, 5_000), never);
    interruption.abort();
    const message = '/mnt: interrupted while the file system was waited for [file-wait-interrupted]';
    await expect(waiting).rejects.toMatchObject({ kind: 'failed', message });
    await expect(unlessHung('/mnt', interruption.signal, never)).rejects.toMatchObject({ message });
  });

  test('keeps no program from its end', async ({ directory }) => {
    // Nobody ever opens the other end: a thread of Node.js waits in the kernel.
    const pipe = join(directory, 'pipe');
    const script =
      `import { open } from 'node:fs/promises'; import { unlessHung, endDespiteHung } from '${LIB}';` +
      `await unlessHung('${pipe}', AbortSignal.timeout(100), async () => await open('${pipe}', 'w')).catch((error) => console.log(error.message));` +
      'endDespiteHung();';
    const program = start(
      ['sh', '-c', 'mkfifo "$1" && printf %s "$2" >"$3" && exec "$4" "$3"', 'sh'].concat(
        pipe,
        script,
        join(directory, 'script.ts'),
        JITI,
      ),
    );
    const { signal, stdout } = await program.ended;
    expect(stdout).toContain('the file system does not answer');
    expect(signal).toBe('SIGKILL');
  }, 20_000);

  test('leaves a program its exit code where a call was only late', async ({ directory }) => {
    const late = `async () => await new Promise((resolve) => setTimeout(resolve, 400))`;
    const script =
      `import { unlessHung, endDespiteHung } from '${LIB}'; process.exitCode = 7;` +
      `await unlessHung('/mnt', AbortSignal.timeout(100), ${late}).catch((error) => console.log(error.message));` +
      'endDespiteHung();';
    const file = join(directory, 'script.ts');
    await writeFile(file, script);
    const { code, signal, stdout } = await start([JITI, file]).ended;
    expect(stdout).toContain('the file system does not answer');
    expect({ code, signal }).toEqual({ code: 7, signal: null });
  }, 20_000);
});
