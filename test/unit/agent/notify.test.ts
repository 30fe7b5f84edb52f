import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { notifyReady } from '../../../lib/agent/notify.ts';
import { expect, test } from '../../support/temporary.ts';

test('systemd is told that the agent is ready until it has heard', async ({ directory }) => {
  const [program, log] = [join(directory, 'systemd-notify'), join(directory, 'log')];
  await writeFile(log, '');
  await writeFile(program, `#!/bin/sh\necho "$@" >>'${log}'\n[ "$(wc -l <'${log}')" -ge 3 ]\n`);
  await chmod(program, 0o755);
  const over = new AbortController();
  onTestFinished(() => over.abort());
  const onTrouble = vi.fn<(trouble: string) => void>();
  const env = { PATH: `${directory}:/usr/bin:/bin`, NOTIFY_SOCKET: '/run/systemd/notify' };
  await notifyReady({ env, onTrouble, signal: over.signal, pauseMs: 10 });
  const all = 'READY=1\nREADY=1\nREADY=1\n';
  await vi.waitFor(async () => expect(await readFile(log, 'utf8')).toBe(all), 5_000);
  await new Promise((resolve) => setTimeout(resolve, 100)); // for a fourth, which must not come
  expect(await readFile(log, 'utf8')).toBe(all);
  expect(onTrouble).toHaveBeenCalledTimes(1);
});
