import { copyFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { findCertbot } from '../../../lib/certbot/process.ts';
import { findProcess, isRunning } from '../../../lib/system/processes.ts';
import { startFakeCertbot } from '../../support/programs/fake-certbot.ts';
import { start } from '../../support/programs/program.ts';
import { expect, test } from '../../support/temporary.ts';

/** A hook that tells its process number and waits, behind a shell that stays. */
const HOOK = `${process.execPath} -e 'console.log("hook", process.pid, "."); setInterval(() => undefined, 1000)'; true`;

async function hookPid(program: { says: (pattern: RegExp) => Promise<RegExpExecArray> }): Promise<number> {
  return Number((await program.says(/hook (\d+) \./))[1]);
}

/** Ends the hook, and with it the tree above, which waits for it. */
async function end(program: { ended: Promise<unknown> }, pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await program.ended;
}

describe('the certbot of a hook', () => {
  test('is the python3 script named certbot, above the shell that runs the hook', async ({ directory }) => {
    const certbot = await startFakeCertbot(directory, [HOOK]);
    const pid = await hookPid(certbot);
    const found = findCertbot(pid);
    await end(certbot, pid);
    expect(found?.pid).toBe(certbot.pid);
  });

  test.for([
    ['a module that is run by python3 -m', ['-m', 'certbot']],
    ['a script behind options of python3', ['-s', '-u', './certbot']],
    ['a script behind options of python3 that have values', ['-W', 'ignore', '-X', 'utf8', './certbot']],
  ] as const)('is also %s', async ([, argv], { directory }) => {
    const code = 'import subprocess, sys\nsubprocess.run(sys.argv[1], shell=True)\n';
    await writeFile(join(directory, 'certbot.py'), code);
    await writeFile(join(directory, 'certbot'), code);
    const certbot = start(['python3', ...argv, HOOK], { cwd: directory });
    const pid = await hookPid(certbot);
    const found = findCertbot(pid);
    await end(certbot, pid);
    expect(found?.pid).toBe(certbot.pid);
  });

  test('is also a program that is named certbot itself', async ({ directory }) => {
    await copyFile('/bin/sh', join(directory, 'certbot'));
    const certbot = start([join(directory, 'certbot'), '-c', HOOK]);
    const pid = await hookPid(certbot);
    const found = findCertbot(pid);
    await end(certbot, pid);
    expect(found?.pid).toBe(certbot.pid);
  });

  test('is not a program whose title ends in the name', async () => {
    const other = start(['bash', '-c', `exec -a 'backup: /srv/certbot' sh -c "$1"`, 'bash', HOOK]);
    const pid = await hookPid(other);
    const found = findCertbot(pid);
    await end(other, pid);
    expect(found).toBeNull();
  });

  test.for([
    ['another script', 'certbot-helper.py', []],
    ['a script that has certbot for an argument', 'renew.py', ['certbot']],
  ] as const)('is not %s', async ([, name, more], { directory }) => {
    await writeFile(
      join(directory, name),
      'import subprocess, sys\nsubprocess.run(sys.argv[1], shell=True)\n',
    );
    const other = start(['python3', join(directory, name), HOOK, ...more]);
    const pid = await hookPid(other);
    const found = findCertbot(pid);
    await end(other, pid);
    expect(found).toBeNull();
  });

  test('is not a shell that runs a script named certbot', async ({ directory }) => {
    await writeFile(join(directory, 'certbot'), HOOK);
    const shell = start(['sh', join(directory, 'certbot')]);
    const pid = await hookPid(shell);
    const found = findCertbot(pid);
    await end(shell, pid);
    expect(found).toBeNull();
  });

  test('is none for a process that is gone', async () => {
    const program = start(['true']);
    await program.ended;
    expect(findCertbot(program.pid)).toBeNull();
  });
});

describe('a process', () => {
  test('runs as long as number and start are the same', () => {
    const here = findProcess(process.pid);
    expect(here && isRunning(here)).toBe(true);
    expect(isRunning({ pid: process.pid, startTime: '1' })).toBe(false);
  });

  test('is not there once it has ended', async () => {
    const program = start(['sleep', '60']);
    const found = findProcess(program.pid);
    expect(found && isRunning(found)).toBe(true);
    await program.kill();
    expect(found && isRunning(found)).toBe(false);
    expect(findProcess(program.pid)).toBeNull();
  });

  test('has ended when it is a zombie that its parent has not looked at', async () => {
    const parent = start([
      'python3',
      '-c',
      'import os, sys, time\npid = os.fork()\nif pid == 0: os._exit(0)\nos.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)\nprint("zombie", pid, flush=True)\ntime.sleep(60)',
    ]);
    const pid = Number((await parent.says(/zombie (\d+)/))[1]);
    const found = findProcess(pid);
    await parent.kill();
    expect(found).toBeNull();
  });

  test('is read rightly whatever its name is', async ({ directory }) => {
    const name = join(directory, 'a) R 1 (b');
    await symlink('/bin/sleep', name);
    const program = start([name, '60']);
    const found = findProcess(program.pid);
    await program.kill();
    expect(found?.startTime).toMatch(/^\d{3,}$/);
  });
});
