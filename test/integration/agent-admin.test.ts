// @module-tag slow
import { rename } from 'node:fs/promises';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { request } from 'undici';
import { describe } from 'vitest';
import { expect, test, type TestCluster } from '../support/cluster/cluster.ts';

/** What the admin listener of the second node answers. */
async function get({ nodes, adminPort }: TestCluster, path: string, host?: string) {
  const answer = await request(`http://${nodes[1].address}:${adminPort}${path}`, {
    headers: host === undefined ? {} : { host },
  });
  return { status: answer.statusCode, text: await answer.body.text() };
}

describe('the agent, for its own host', () => {
  test('says that it runs, and that it can take challenges', async ({ cluster }) => {
    await cluster.nodes[1].startAgent();
    expect(await get(cluster, '/healthz')).toEqual({ status: 200, text: 'ok\n' });
    expect(await get(cluster, '/readyz')).toEqual({ status: 200, text: 'ok\n' });
  });

  test('runs on and is not ready without its webroot, and says why', async ({ cluster }) => {
    await cluster.nodes[1].startAgent();
    const { webroot } = cluster.nodes[1];
    await rename(webroot, `${webroot}.away`);
    expect(await get(cluster, '/healthz')).toEqual({ status: 200, text: 'ok\n' });
    const ready = await get(cluster, '/readyz');
    expect(ready.status).toBe(503);
    expect(ready.text).toContain(`webroot ${webroot}/.well-known/acme-challenge`);
  });

  test('refuses a request for another host, which may come from any page in a browser', async ({
    cluster,
  }) => {
    await cluster.nodes[1].startAgent();
    expect(await get(cluster, '/healthz', 'evil.example')).toMatchObject({ status: 421 });
    expect(await get(cluster, '/healthz', 'web3')).toMatchObject({ status: 200 });
  });

  test('goes by the host in the request line, and by no header where several differ', async ({ cluster }) => {
    await cluster.nodes[1].startAgent();
    const first = async (...lines: readonly string[]) => {
      const socket = connect(cluster.adminPort, cluster.nodes[1].address);
      socket.end(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`);
      return (await text(socket)).split('\r\n')[0];
    };
    const token = '/.well-known/acme-challenge/x';
    expect([
      await first('GET http://web1/healthz HTTP/1.1', 'Host: evil.example'),
      await first('GET http://evil.example/healthz HTTP/1.1', 'Host: web1'),
      await first(`GET http://evil.example${token} HTTP/1.1`, 'Host: evil.example'),
      await first('GET /healthz HTTP/1.1', 'Host: web1', 'Host: evil.example'),
    ]).toEqual([
      'HTTP/1.1 200 OK',
      'HTTP/1.1 421 Misdirected Request',
      'HTTP/1.1 404 Not Found',
      'HTTP/1.1 400 Bad Request',
    ]);
  });

  test('goes on without where another program has the port, and says so', async ({ cluster }) => {
    const { address } = cluster.nodes[1];
    const other = createServer().listen(cluster.adminPort, address);
    await once(other, 'listening');
    const agent = await cluster.nodes[1].startAgent();
    other.close();
    expect((await agent.close()).code).toBe(0);
    expect(agent.log()).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        code: 'admin-not-listening',
        msg: `agent: ${address} port ${cluster.adminPort}: cannot listen there for this host (EADDRINUSE): no status page, no metrics, no look-up`,
      }),
    );
  });

  test.for(['0.0.0.0', 'its own'])(
    'warns where others than this host may ask, and nowhere else: %s',
    async (where, { cluster }) => {
      const { agentPort, keyFile, adminPort: port, nodes } = cluster;
      const address = where === '0.0.0.0' ? where : nodes[1].address;
      const members = nodes.map((node) => [node.name, { address: node.address, webroot: node.webroot }]);
      const agentPart = { port: agentPort, keyFile, adminListen: `${address}:${port}` };
      await cluster.configure({ nodes: Object.fromEntries(members) as object, agent: agentPart });
      const agent = await nodes[1].startAgent();
      expect(await get(cluster, '/healthz')).toMatchObject({ status: 200 });
      expect((await agent.close()).code).toBe(0);
      const warned = agent.log().filter(({ code }) => code === 'admin-open');
      const msg = `agent: 0.0.0.0 port ${port}: other hosts reach the status page and the metrics, which have no log-in`;
      expect(warned).toEqual(
        where === '0.0.0.0' ? [expect.objectContaining({ level: 'warn', address, port, msg })] : [],
      );
    },
  );

  test('goes on without where no address of that kind can be listened on', async ({ cluster }) => {
    const { nodes, adminPort } = cluster;
    const members = nodes.map(
      ({ name, address, webroot }) =>
        [name, { address, webroot, adminListen: `[fe80::1]:${adminPort}` }] as const,
    );
    await cluster.configure({ nodes: Object.fromEntries(members) });
    const agent = await nodes[1].startAgent();
    expect((await agent.close()).code).toBe(0);
    expect(agent.log()).toContainEqual(
      expect.objectContaining({ level: 'warn', code: 'admin-not-listening', address: 'fe80::1' }),
    );
  });
});
