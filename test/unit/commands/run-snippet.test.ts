import { chmod, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandIo } from '../../../lib/base/io.ts';
import { runSnippet } from '../../../lib/commands/run-snippet.ts';
import { expect, test } from '../../support/temporary.ts';

/** A host of a configuration and these programs, each of which records its arguments. */
async function host(directory: string, webServer: string, programs: Readonly<Record<string, string>>) {
  const [bin, calls, config] = ['bin', 'calls', 'config.yaml'].map((name) => join(directory, name));
  if (bin === undefined || calls === undefined || config === undefined) throw new Error('no path');
  await mkdir(bin);
  for (const name of ['nginx', 'apache2/conf-enabled'])
    await mkdir(join(directory, 'etc', name), { recursive: true });
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!/bin/sh\necho "${name} $*" >>${calls}\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
  await writeFile(
    config,
    `nodes: {web1: 192.0.2.11}\nself: web1\nwebroot: /srv/acme\nwebServer: ${webServer}\n`,
  );
  const said: string[] = [];
  const io: CommandIo = {
    ...{
      env: { CERTBOT_HA_CONFIG: config, PATH: `${bin}:/usr/bin:/bin` },
      pid: process.pid,
      isTerminal: false,
    },
    ...{ out: (line) => void said.push(line), err: () => undefined },
    interruption: () => new AbortController().signal,
  };
  const write = async (kind: string) =>
    await runSnippet(io, [kind], { isWritten: true, isForced: false, root: directory });
  const files = async () =>
    (await readdir(join(directory, 'etc'), { recursive: true })).filter((name) =>
      name.endsWith('certbot-ha.conf'),
    );
  return { said, write, files, calls: async () => (await readFile(calls, 'utf8')).trimEnd().split('\n') };
}

const reload = (...words: readonly string[]) =>
  `{kind: nginx, test: [nginx, -t], reload: [${words.join(', ')}]}`;

test('--write puts the part for the configured webroot in place, by the configured commands', async ({
  directory,
}) => {
  const { said, write, files, calls } = await host(directory, reload('my-reload', 'now'), {
    nginx: '',
    'my-reload': '',
  });
  expect(await write('nginx')).toBe(0);
  expect(await files()).toEqual(['nginx/snippets/certbot-ha.conf']);
  expect(await readFile(join(directory, 'etc/nginx/snippets/certbot-ha.conf'), 'utf8')).toContain(
    'root /srv/acme;',
  );
  expect(await calls()).toEqual(['nginx -t', 'nginx -t', 'my-reload now']);
  expect(said).toContain('tested, and reloaded if it runs');
});

test('a reload of its own that fails is a failure, and takes the part back', async ({ directory }) => {
  const programs = { nginx: '', 'my-reload': 'echo no >&2; exit 1' };
  const { write, files, calls } = await host(directory, reload('my-reload', 'now'), programs);
  await expect(write('nginx')).rejects.toMatchObject({
    findings: [{ code: 'web-server-reload-failed', said: ['no'] }, { code: 'web-server-reload-failed' }],
  });
  expect(await files()).toEqual([]);
  expect(await calls()).toEqual(['nginx -t', 'nginx -t', 'my-reload now', 'my-reload now']);
});

test('what systemd says does not run is not reloaded', async ({ directory }) => {
  const programs = { nginx: '', systemctl: '[ "$1" != is-active ] || exit 3' };
  const { write, files, calls } = await host(directory, reload('systemctl', 'reload', 'nginx'), programs);
  await write('nginx');
  expect(await files()).toEqual(['nginx/snippets/certbot-ha.conf']);
  expect(await calls()).toEqual(['nginx -t', 'nginx -t', 'systemctl is-active --quiet nginx']);
});

test('a web server that is not the configured one has the commands of its kind', async ({ directory }) => {
  const { write, files, calls } = await host(directory, '{kind: caddy}', { nginx: 'exit 1' });
  await expect(write('nginx')).rejects.toMatchObject({ findings: [{ code: 'web-server-test-failed' }] });
  // Once without the part, and once with it: the line that includes it may be there already.
  expect(await calls()).toEqual(['nginx -t', 'nginx -t']);
  expect(await files()).toEqual([]);
});
