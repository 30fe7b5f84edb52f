// @module-tag slow
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { expect, test } from '../support/cluster/cluster.ts';
import { certbotHaIn } from '../support/cluster/command-line.ts';

describe.concurrent('is-issuer', () => {
  test('decides in time by what it knows where a name never resolves, and says so', async ({
    cluster,
    directory,
  }) => {
    await writeFile(join(directory, 'getent'), '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 });
    await cluster.configure({
      nodes: { web1: '127.0.0.1', web2: 'web2.example.test' },
      certificates: { issuer: 'web1', configDir: join(directory, 'letsencrypt') },
    });
    const startedMs = performance.now();
    const { code, stdout, stderr } = await certbotHaIn(cluster, ['is-issuer'], {
      PATH: `${directory}:${process.env['PATH']}`,
      CERTBOT_HA_NODE: '',
    });
    expect(performance.now() - startedMs).toBeLessThan(20_000);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'web1 renews: it is certificates.issuer\n' });
    expect(stderr).toBe(
      'certbot-ha: web2 web2.example.test: has not reported which lineages are newer there [newer-not-known]\n' +
        `certbot-ha:   agent port ${cluster.agentPort}: the name does not resolve now [name-not-resolved-now]\n`,
    );
  });

  test('says why it could not be brought up to date, and the next step', async ({ cluster, directory }) => {
    const keyFile = join(directory, 'no-key');
    await cluster.configure({
      ...{ agent: { keyFile } },
      certificates: { issuer: 'web1', configDir: join(directory, 'letsencrypt') },
    });
    const { code, stderr } = await certbotHaIn(cluster, ['is-issuer']);
    expect(code).toBe(0);
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(/ \[not-up-to-date\]$/),
      `certbot-ha:   key file ${keyFile}: no such file [key-file-missing]`,
      expect.stringMatching(/^certbot-ha:     .*openssl rand/),
      '',
    ]);
  });

  test('is 1 where nobody holds the VIP, and says so', async ({ cluster }) => {
    await cluster.configure({ vips: ['192.0.2.10'] });
    await Promise.all(cluster.nodes.map(async (node) => await node.startAgent()));
    expect(await certbotHaIn(cluster, ['is-issuer'])).toMatchObject({
      code: 1,
      stdout: 'web1 does not renew: no node that answers holds the VIP 192.0.2.10 [vip-held-by-nobody]\n',
      stderr: '',
    });
  });
});
