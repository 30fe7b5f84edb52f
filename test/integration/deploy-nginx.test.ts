// @module-tag slow
import { eventually } from '../lab/eventually.ts';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { expect, type Issued, test } from '../support/lineage/certificates.ts';
import { startDeployHook } from '../support/cluster/deploy-hook.ts';
import { writeLineage } from '../support/lineage/tree.ts';
import { freePort, loopbackAddresses } from '../support/cluster/addresses.ts';
import { run, start } from '../support/programs/program.ts';

/** A real nginx with a prefix of its own, which serves live/a.test. */
async function startNginx(directory: string, generations: readonly Issued[]) {
  const [address = ''] = loopbackAddresses(1);
  const httpsPort = await freePort([address]);
  const lineage = await writeLineage(directory, 'a.test', generations);
  const file = join(directory, 'nginx.conf');
  const log = join(directory, 'error.log');
  await mkdir(join(directory, 'temp'));
  await writeFile(
    file,
    `pid ${directory}/nginx.pid;
error_log ${log} notice;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${directory}/temp/${kind};`).join('\n  ')}
  server {
    listen ${address}:${httpsPort} ssl;
    server_name a.test;
    ssl_certificate ${lineage}/fullchain.pem;
    ssl_certificate_key ${lineage}/privkey.pem;
  }
}
`,
  );
  const nginx = ['nginx', '-c', file, '-p', directory, '-e', log];
  const tested = await run([...nginx, '-t']);
  if (tested.code !== 0) throw new Error(tested.stderr);
  const server = start([...nginx, '-g', 'daemon off;']);
  onTestFinished(async () => {
    server.child.kill('SIGTERM'); // its workers end with it, as they would not by SIGKILL
    await server.ended;
  });
  await eventually(async () => await readFile(log, 'utf8'), {
    until: (text) => text.includes('start worker process'),
    ...{ timeoutMs: 8_000, what: 'a worker of nginx' },
  });
  const config = {
    nodes: { web1: address },
    gate: { timeout: 5, httpsPort },
    webServer: { kind: 'nginx', test: [...nginx, '-t'], reload: [...nginx, '-s', 'reload'] },
  };
  return { config, lineage, file, log: async () => await readFile(log, 'utf8') };
}

describe('nginx', () => {
  test('serves the new certificate when the hook has ended', async ({ ca, directory }) => {
    const [before, issued] = [await ca.issue(['a.test']), await ca.issue(['a.test'])];
    const { config, lineage, log } = await startNginx(directory, [before]);
    await writeLineage(directory, 'a.test', [before, issued]);
    const hook = await startDeployHook({ directory, config, lineage, names: ['a.test'] });
    const { code, stdout, stderr } = await hook.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^web1 \S+: served \(\d+ attempts? in \d\.\d\d s\)\n$/);
    expect(await log()).toContain('reconfiguring');
  });

  test('is not reloaded when its own test fails, and its message is passed on', async ({ ca, directory }) => {
    const [before, issued] = [await ca.issue(['a.test']), await ca.issue(['a.test'])];
    const { config, lineage, file, log } = await startNginx(directory, [before]);
    await writeLineage(directory, 'a.test', [before, issued]);
    await writeFile(file, `${await readFile(file, 'utf8')}\nno_such_directive on;\n`);
    const hook = await startDeployHook({ directory, config, lineage, names: ['a.test'] });
    const { code, stdout, stderr } = await hook.ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^certbot-ha: {3}web1 127\S+: roll-out stopped: nginx .* -t: exit 1 \[web-server-test-failed\]$/m,
    );
    expect(stderr).toContain(
      `certbot-ha:       nginx: [emerg] unknown directive "no_such_directive" in ${file}:`,
    );
    expect(await log()).not.toContain('reconfiguring');
  });
});
