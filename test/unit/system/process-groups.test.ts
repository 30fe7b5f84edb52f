// @module-tag slow
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { runCommand } from '../../../lib/system/run-command.ts';
import { timeLimit } from '../../../lib/system/time-limit.ts';
import { createWebServer } from '../../../lib/webserver/web-server.ts';
import { countOnce, ownSleep } from '../../support/left-running.ts';

/** Two children of its own, one of them behind a shell. */
const familyOf = (seconds: string) => ['sh', '-c', `sleep ${seconds} & sh -c 'sleep ${seconds}; :' & wait`];
const FAMILY = 2;
const timeoutMs = 30_000;

/** 0 would be the tests themselves. */
function endLeft(pid: string): void {
  if (Number(pid) > 0) process.kill(Number(pid), 'SIGKILL');
}

type Run = (
  argv: string[],
  limits: { readonly timeoutMs: number; readonly signal: AbortSignal },
) => Promise<unknown>;
const serverOf = (argv: string[]) =>
  createWebServer({ kind: 'nginx', test: argv, reload: argv }, { env: process.env });
const RUNS: readonly (readonly [string, Run])[] = [
  ['a program', async (argv, limits) => await runCommand(argv, limits)],
  [
    "a web server's test",
    async (argv, limits) => await serverOf(argv).test(timeLimit(limits.timeoutMs, limits.signal)),
  ],
  [
    "a web server's reload",
    async (argv, limits) => await serverOf(argv).reload(timeLimit(limits.timeoutMs, limits.signal)),
  ],
];

describe.for(RUNS)('what %s has started', ([, run]) => {
  test('ends with it when its signal comes', async () => {
    const [seconds, interruption] = [ownSleep(), new AbortController()];
    const running = run(familyOf(seconds), { timeoutMs, signal: interruption.signal });
    expect(await countOnce(seconds, FAMILY)).toBe(FAMILY);
    interruption.abort();
    await running;
    expect(await countOnce(seconds, 0)).toBe(0);
  });

  test('ends with it when its time is over', async () => {
    const seconds = ownSleep();
    await run(familyOf(seconds), { timeoutMs: 300, signal: new AbortController().signal });
    expect(await countOnce(seconds, 0)).toBe(0);
  });
});

test.for([
  ['SIGTERM', 'while it runs', 0],
  ['SIGINT', 'while it runs', 0],
  ['SIGHUP', 'while it runs', 0],
  ['SIGTERM', 'while it starts', 1_000],
] as const)('ends with a process that %s ends %s', { timeout: 60_000 }, async ([signal, , startMs]) => {
  const seconds = ownSleep();
  const directory = new URL('../../../lib/system/', import.meta.url).href;
  // The lock's package listens for signals as well.
  const script = `import { ChildProcess } from 'node:child_process';
    import { createJiti } from 'jiti';
    const { spawn } = ChildProcess.prototype;
    ChildProcess.prototype.spawn = function (options) {
      const error = spawn.call(this, options);
      for (const startedMs = performance.now(); performance.now() - startedMs < ${startMs}; );
      return error;
    };
    const jiti = createJiti(${JSON.stringify(directory)});
    ${startMs === 0 ? `await jiti.import('./lock.ts');` : ''}
    const { runCommand } = await jiti.import('./run-command.ts');
    await runCommand(${JSON.stringify(familyOf(seconds))}, { timeoutMs: ${timeoutMs} });`;
  const argv = ['--input-type=module', '-e', script];
  const child = spawn(process.execPath, argv, { stdio: 'inherit' });
  const ended = once(child, 'exit');
  for (let tries = 0; tries < 20 && (await countOnce(seconds, FAMILY)) !== FAMILY; tries += 1);
  child.kill(signal);
  expect(await ended).toEqual([null, signal]);
  expect(await countOnce(seconds, 0)).toBe(0);
});

test.for(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  '%s is not lost in the moment in which the program ends',
  async (signal) => {
    const directory = new URL('../../../lib/system/', import.meta.url).href;
    const script = `import { ChildProcess } from 'node:child_process';
    import { createJiti } from 'jiti';
    const { spawn } = ChildProcess.prototype;
    ChildProcess.prototype.spawn = function (options) {
      this.prependListener('exit', () => process.kill(process.pid, '${signal}'));
      return spawn.call(this, options);
    };
    const { runCommand } = await createJiti(${JSON.stringify(directory)}).import('./run-command.ts');
    await runCommand(['true'], { timeoutMs: ${timeoutMs} });
    setTimeout(() => undefined, 1_000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
    expect(await once(child, 'exit')).toEqual([null, signal]);
  },
);

test('what a program leaves running stays when it has ended itself', async () => {
  const seconds = ownSleep();
  const { stdout } = await runCommand(['sh', '-c', `sleep ${seconds} >/dev/null 2>&1 & echo $!`], {
    timeoutMs,
  });
  onTestFinished(() => endLeft(stdout));
  expect(await countOnce(seconds, 1)).toBe(1);
});

test.for(['time', 'signal'] as const)(
  'what holds its output after it has ended is not ended when the %s comes',
  async (limit) => {
    const [seconds, interruption] = [ownSleep(), new AbortController()];
    const argv = ['sh', '-c', `sleep ${seconds} & echo $!`];
    const limits = limit === 'time' ? { timeoutMs: 950 } : { timeoutMs, signal: interruption.signal };
    // Within the second in which its output is waited for, however soon it has ended.
    setTimeout(() => interruption.abort(), 950);
    const result = await runCommand(argv, limits);
    onTestFinished(() => endLeft(result.stdout));
    expect(result).toMatchObject({ code: 0, trouble: null });
    expect(await countOnce(seconds, 1)).toBe(1);
  },
);

test('one that not even SIGKILL ends is waited for no longer', async () => {
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  const startedMs = performance.now();
  const result = await runCommand(['sleep', '60'], { timeoutMs: 100 });
  const tookMs = performance.now() - startedMs;
  const [group = 0] = kill.mock.calls[0] ?? [];
  kill.mockRestore();
  process.kill(group, 'SIGKILL');
  expect(result).toMatchObject({ code: null, trouble: { code: 'program-too-slow', seconds: 0.1 } });
  expect(tookMs).toBeLessThan(5_000);
});
