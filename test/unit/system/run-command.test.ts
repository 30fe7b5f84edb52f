import { describe } from 'vitest';
import { runCommand } from '../../../lib/system/run-command.ts';
import { expect, test } from '../../support/temporary.ts';

const timeoutMs = 5_000;

describe('a program that is run', () => {
  test('gets its arguments as they are, without a shell', async () => {
    const { stdout } = await runCommand(['printf', '%s\n', '$HOME', '; echo x', '*'], { timeoutMs });
    expect(stdout).toBe('$HOME\n; echo x\n*\n');
  });

  test('gets its input, and its exit code and words come back', async () => {
    const result = await runCommand(['sh', '-c', 'cat; echo wrong >&2; exit 3'], {
      timeoutMs,
      input: 'hello',
    });
    expect(result).toEqual({ code: 3, stdout: 'hello', stderr: 'wrong\n', trouble: null });
  });

  test('gets the environment that is given and no other', async () => {
    const { stdout } = await runCommand(['/usr/bin/env'], { timeoutMs, env: { ONLY: 'this' } });
    expect(stdout).toBe('ONLY=this\n');
  });

  test('may end without reading a long input', async () => {
    const result = await runCommand(['true'], { timeoutMs, input: 'x'.repeat(1_000_000) });
    expect(result).toMatchObject({ code: 0, trouble: null });
  });

  test('is ended when its time is over', async () => {
    const startedMs = performance.now();
    const result = await runCommand(['sleep', '60'], { timeoutMs: 200 });
    expect(result).toMatchObject({
      code: null,
      trouble: { code: 'program-too-slow', program: 'sleep', seconds: 0.2 },
    });
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });

  test('is ended by the signal', async () => {
    const result = await runCommand(['sleep', '60'], { timeoutMs, signal: AbortSignal.timeout(100) });
    expect(result).toMatchObject({ code: null, trouble: { code: 'program-stopped', program: 'sleep' } });
  });

  test('is not started when the signal was there before', async () => {
    const result = await runCommand(['sleep', '60'], { timeoutMs, signal: AbortSignal.abort() });
    expect(result).toMatchObject({ code: null, trouble: { code: 'program-interrupted', program: 'sleep' } });
  });

  test('tells which signal ended it', async () => {
    const result = await runCommand(['sh', '-c', 'kill -TERM $$'], { timeoutMs });
    expect(result).toMatchObject({
      code: null,
      trouble: { code: 'program-killed', program: 'sh', signal: 'SIGTERM' },
    });
  });

  test('may be missing', async ({ directory }) => {
    const program = `${directory}/no-such-program`;
    const result = await runCommand([program], { timeoutMs });
    expect(result).toEqual({
      code: null,
      stdout: '',
      stderr: '',
      trouble: { code: 'program-not-installed', program },
    });
  });

  test('may not be allowed to run', async ({ directory }) => {
    const result = await runCommand([directory], { timeoutMs });
    expect(result).toMatchObject({
      code: null,
      trouble: { code: 'program-not-started', error: expect.stringContaining('EACCES') },
    });
  });

  test('may talk without end: the end of it is kept', async () => {
    const { stdout } = await runCommand(['sh', '-c', 'yes | head -c 200000; echo last'], { timeoutMs });
    expect(stdout.length).toBe(65_536);
    expect(stdout.endsWith('last\n')).toBe(true);
  });
});
