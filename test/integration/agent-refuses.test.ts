// @module-tag slow
import { once } from 'node:events';
import { chmod, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { expect, test, type TestCluster } from '../support/cluster/cluster.ts';
import { CLI } from '../support/cluster/command-line.ts';
import { start } from '../support/programs/program.ts';

/** An agent that is expected not to start. */
async function refusedAgent(cluster: TestCluster) {
  const agent = start([process.execPath, CLI, 'agent'], { env: cluster.envOf(cluster.nodes[1]) });
  onTestFinished(async () => await agent.kill());
  return await agent.ended;
}

describe('the agent refuses to start', () => {
  test('with a key file that others can read, and names the mode wanted', async ({ cluster }) => {
    await chmod(cluster.keyFile, 0o644);
    const { code, stdout, stderr } = await refusedAgent(cluster);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(
      `certbot-ha: key file ${cluster.keyFile}: mode is 0644, expected 0640 or less [key-file-open]\n` +
        `certbot-ha:   chmod 0640 ${cluster.keyFile} && chown root:certbot-ha ${cluster.keyFile}\n`,
    );
  });

  test('without a key file', async ({ cluster }) => {
    await rm(cluster.keyFile);
    const { code, stderr } = await refusedAgent(cluster);
    expect(code).toBe(2);
    expect(stderr).toContain(`key file ${cluster.keyFile}: no such file [key-file-missing]\n`);
  });

  test('without a webroot, and does not make one', async ({ cluster }) => {
    const { webroot } = cluster.nodes[1];
    await rm(webroot, { recursive: true });
    const { code, stderr } = await refusedAgent(cluster);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      new RegExp(
        `^certbot-ha: webroot ${webroot}/\\S+: no such directory \\[webroot-missing\\]\n.*install -d \\S+; chown certbot-ha:certbot-ha`,
      ),
    );
    await expect(stat(webroot)).rejects.toThrow('ENOENT');
  });

  test('without a configuration', async ({ cluster }) => {
    await rm(cluster.configFile);
    const { code, stderr } = await refusedAgent(cluster);
    expect(code).toBe(2);
    expect(stderr).toContain(`configuration ${cluster.configFile}: no such file`);
  });

  test('where its port is taken, with exit 1 and the address', async ({ cluster }) => {
    const { address } = cluster.nodes[1];
    const other = createServer();
    other.listen(cluster.agentPort, address);
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { code, stderr } = await refusedAgent(cluster);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `certbot-ha: agent: ${address} port ${cluster.agentPort}: the port is taken by another process [port-taken]\n`,
    );
  });

  test('by a name that leads to the loopback interface, where no peer would reach it', async ({
    cluster,
    directory,
  }) => {
    const programs = join(directory, 'bin');
    await mkdir(programs);
    await writeFile(join(programs, 'getent'), '#!/bin/sh\necho "127.0.1.1 STREAM $2"\n', { mode: 0o755 });
    const { webroot } = cluster.nodes[1];
    await cluster.configure({
      nodes: { web1: '198.51.100.1', web2: { address: 'web2.example.test', webroot } },
      self: 'web2',
    });
    const agent = start([process.execPath, CLI, 'agent'], {
      env: { ...cluster.envOf(cluster.nodes[1]), PATH: `${programs}:${process.env['PATH']}` },
    });
    onTestFinished(async () => await agent.kill());
    const { code, stderr } = await agent.ended;
    expect(code).toBe(2);
    expect(stderr).toBe(
      'certbot-ha: agent: web2.example.test is 127.0.1.1 on this host, where no peer reaches it [name-on-loopback]\n' +
        "certbot-ha:   correct the line of web2.example.test in /etc/hosts, or write the node's address in place of the name\n",
    );
  });

  test('on a loopback address while a peer is elsewhere', async ({ cluster }) => {
    const { address, webroot } = cluster.nodes[1];
    await cluster.configure({ nodes: { web1: '198.51.100.1', web2: { address, webroot } }, self: 'web2' });
    const { code, stderr } = await refusedAgent(cluster);
    expect(code).toBe(2);
    expect(stderr).toBe(
      `certbot-ha: agent: ${address} of web2 is a loopback address, where no peer reaches it [address-on-loopback]\n` +
        'certbot-ha:   write the address at which the other nodes reach web2 into nodes\n',
    );
  });

  test('on an address that this host does not have', async ({ cluster }) => {
    await cluster.configure({
      nodes: { web1: '198.51.100.1', web2: { address: '198.51.100.2', webroot: cluster.nodes[1].webroot } },
    });
    const { code, stderr } = await refusedAgent(cluster);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `agent: 198.51.100.2 port ${cluster.agentPort}: the address is not on this host`,
    );
  });
});
