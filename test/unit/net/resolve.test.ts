import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { lookUp } from '../../../lib/net/resolve.ts';
import { getentIs, pathIs } from '../../support/programs/getent.ts';
import { run } from '../../support/programs/program.ts';
import { expect, test } from '../../support/temporary.ts';

const TIMEOUT_MS = 5_000;

describe('looking up a name', () => {
  test('finds what this machine has under it', async () => {
    expect(await lookUp('localhost', { timeoutMs: TIMEOUT_MS })).toContain('127.0.0.1');
  });

  test('tells each address once', async ({ directory }) => {
    const lines = ['192.0.2.1  STREAM web1', '192.0.2.1  DGRAM', '2001:db8::1  STREAM', '192.0.2.1  RAW'];
    await getentIs(
      directory,
      `[ "$*" = "ahosts web1" ] && printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')}`,
    );
    expect(await lookUp('web1', { timeoutMs: TIMEOUT_MS })).toEqual(['192.0.2.1', '2001:db8::1']);
  });

  test('finds nothing where there is no such name', async ({ directory }) => {
    await getentIs(directory, 'exit 2');
    expect(await lookUp('localhost', { timeoutMs: TIMEOUT_MS })).toEqual([]);
  });

  test('is given up when the time is over, or the signal aborts', async ({ directory }) => {
    await getentIs(directory, 'exec sleep 30');
    const startedMs = performance.now();
    expect(await lookUp('localhost', { timeoutMs: 200 })).toBeNull();
    const signal = AbortSignal.timeout(200);
    expect(await lookUp('localhost', { timeoutMs: 30_000, signal })).toBeNull();
    expect(performance.now() - startedMs).toBeLessThan(3_000);
  });

  test.for([
    ['there is no getent', null],
    ['getent does not know of ahosts', 'exit 1'],
  ] as const)('is done without where %s', async ([, script], { directory }) => {
    if (script === null) pathIs(directory);
    else await getentIs(directory, script);
    expect(await lookUp('localhost', { timeoutMs: TIMEOUT_MS })).toContain('127.0.0.1');
  });

  test('by Node.js itself is given up as well', async ({ directory }) => {
    const pipe = join(directory, 'pipe');
    await run(['mkfifo', pipe]);
    pathIs(directory);
    expect(await lookUp('localhost', { timeoutMs: 30_000, signal: AbortSignal.abort() })).toBeNull();
    // Node.js looks names up in one of four threads, which all wait for somebody to open the other end.
    const busy = Array.from({ length: 4 }, async () => await open(pipe, 'r'));
    const letGo = async () => void (await run(['/bin/sh', '-c', ': 1<>"$1"', 'sh', pipe]));
    onTestFinished(letGo); // the tests after this one need them as well
    const found = await lookUp('localhost', { timeoutMs: 20 });
    await letGo();
    for (const handle of await Promise.all(busy)) await handle.close();
    expect(found).toBeNull();
  });
});
