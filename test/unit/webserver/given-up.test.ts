import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe } from 'vitest';
import { createWebServer } from '../../../lib/webserver/web-server.ts';
import { linesOf } from '../../../lib/findings/words.ts';
import { expect, test } from '../../support/temporary.ts';

/** A systemctl whose units are in these states; only an active one can be reloaded, and one that is marked broken cannot be started. */
const SYSTEMCTL = `#!/bin/sh
cd "$(dirname "$0")"
echo "$*" >>calls
verb=$1; shift
for unit in "$@"; do
  case $unit in -*) continue ;; esac
  state=$(cat "state-$unit")
  case $verb in
    show) echo "ActiveState=$state"; echo "UnitFileState=$(cat "enabled-$unit" 2>/dev/null || echo enabled)" ;;
    reload) [ "$state" = active ] || { echo "$unit.service is not active, cannot reload." >&2; exit 1; } ;;
    reset-failed) [ "$state" = failed ] || { echo "nothing to reset" >&2; exit 1; } ;;
    start) if [ -e "broken-$unit" ]; then echo "Job for $unit.service failed." >&2; exit 1; fi; echo active >"state-$unit" ;;
  esac
done
`;

async function systemd(directory: string, states: Readonly<Record<string, string>>, broken = '') {
  const bin = join(directory, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'systemctl'), SYSTEMCTL);
  await chmod(join(bin, 'systemctl'), 0o755);
  for (const [unit, state] of Object.entries(states)) await writeFile(join(bin, `state-${unit}`), state);
  if (broken !== '') await writeFile(join(bin, `broken-${broken}`), '');
  return {
    env: { PATH: [bin, '/usr/bin:/bin'].join(delimiter) },
    calls: async () => (await readFile(join(bin, 'calls'), 'utf8')).trim().split('\n'),
  };
}

describe('a web server that cannot be reloaded', () => {
  test.for(['failed', 'activating'])('is started where its unit is %s', async (state, { directory }) => {
    const { env, calls } = await systemd(directory, { nginx: state });
    const webServer = createWebServer({ kind: 'nginx', test: null, reload: null }, { env, hasSystemd: true });
    expect(await webServer.reload()).toEqual({ isOk: true });
    expect(await calls()).toEqual([
      'reload nginx',
      'show --property=ActiveState,UnitFileState nginx',
      'reset-failed nginx',
      'start nginx',
    ]);
  });

  test.for(['inactive', 'deactivating', 'active', 'gone'])(
    'is left alone where its unit is %s: somebody has stopped it, or it runs',
    async (state, { directory }) => {
      const { env, calls } = await systemd(directory, { nginx: state });
      const reload = ['sh', '-c', 'systemctl show nginx >&2; exit 3', 'systemctl', 'reload', 'nginx'];
      const webServer = createWebServer({ kind: 'nginx', test: null, reload }, { env, hasSystemd: true });
      expect(await webServer.reload()).toMatchObject({
        isOk: false,
        reason: { code: 'web-server-reload-failed', end: 'exit 3' },
      });
      expect((await calls()).filter((call) => /^(?:start|reset-failed)/.test(call))).toEqual([]);
    },
  );

  test.for(['disabled', 'static', 'masked'])(
    'is left alone where its unit is %s: somebody else starts it where it is needed',
    async (enabled, { directory }) => {
      const { env, calls } = await systemd(directory, { nginx: 'failed' });
      await writeFile(join(directory, 'bin', 'enabled-nginx'), enabled);
      const webServer = createWebServer(
        { kind: 'nginx', test: null, reload: null },
        { env, hasSystemd: true },
      );
      expect(await webServer.reload()).toMatchObject({ isOk: false });
      expect(await calls()).toEqual(['reload nginx', 'show --property=ActiveState,UnitFileState nginx']);
    },
  );

  test('may be several units, of which the others are reloaded', async ({ directory }) => {
    const { env, calls } = await systemd(directory, { apache2: 'failed', haproxy: 'active' });
    const reload = ['/usr/bin/env', 'systemctl', 'reload', '--no-ask-password', 'haproxy', 'apache2'];
    const webServer = createWebServer({ kind: 'apache', test: null, reload }, { env, hasSystemd: true });
    expect(await webServer.reload()).toEqual({ isOk: true });
    expect((await calls()).slice(-3)).toEqual(['reset-failed apache2', 'start apache2', 'reload haproxy']);
  });

  test('and cannot be started either says why', async ({ directory }) => {
    const { env } = await systemd(directory, { caddy: 'failed' }, 'caddy');
    const webServer = createWebServer({ kind: 'caddy', test: null, reload: null }, { env, hasSystemd: true });
    const outcome = await webServer.reload();
    expect(outcome.isOk ? [] : linesOf(outcome.reason)).toEqual([
      'systemctl start caddy: exit 1 [web-server-reload-failed]',
      'Job for caddy.service failed.',
    ]);
  });

  test('by a command of its own is not started', async ({ directory }) => {
    const { env } = await systemd(directory, { nginx: 'failed' });
    const config = { kind: 'nginx' as const, test: null, reload: ['false'] };
    expect(await createWebServer(config, { env, hasSystemd: true }).reload()).toMatchObject({ isOk: false });
  });
});
