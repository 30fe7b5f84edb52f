// @module-tag slow
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { freePort, loopbackAddresses } from '../support/cluster/addresses.ts';
import { serveAgent } from '../support/cluster/agent-server.ts';
import { DIST, environmentOf, writeConfig } from '../support/cluster/built.ts';
import { hookEnv, hookFile, runHook } from '../support/cluster/certbot-hook.ts';
import { makeChallenges } from '../support/cluster/challenge.ts';
import { expect as expectIn, test as testIn } from '../support/cluster/cluster.ts';
import { writeIssuerTree } from '../support/lineage/bundle.ts';
import { expect, test } from '../support/lineage/certificates.ts';
import { OWN_HOOKS, renewalConf } from '../support/lineage/renewal-conf.ts';
import { lackOf } from '../support/packages.ts';
import { connectionsOf } from '../support/programs/connections.ts';
import { run } from '../support/programs/program.ts';

// Counts that no machine changes; those of files and system calls: counts-traced.test.ts. That a node reloads once a generation: install-together.test.ts, deploy.test.ts.

const MANY = 40;
const MOST_AT_ONCE = 64;
const HELD_MS = 200;
const NAMES = 5;

/** Listens on each of these addresses, and counts what is open at once, of all such together. */
function counter() {
  const open = new Set<Socket>();
  const begun = new Map<string, number>();
  let most = 0;
  const listen = async (address: string, port: number, use: (socket: Socket) => void) => {
    const server: Server = createServer((socket) => {
      open.add(socket);
      most = Math.max(most, open.size);
      begun.set(`${address}:${port}`, (begun.get(`${address}:${port}`) ?? 0) + 1);
      socket.on('error', () => undefined).once('close', () => open.delete(socket));
      use(socket);
    });
    server.listen(port, address);
    await once(server, 'listening');
    onTestFinished(() => {
      for (const socket of open) socket.destroy();
      server.close();
    });
  };
  return { listen, most: () => most, begun };
}

describe('status', () => {
  test(`of ${MANY} nodes has at most ${MOST_AT_ONCE} connections at once, and one to each agent`, async ({
    directory,
    ca,
  }) => {
    const addresses = loopbackAddresses(MANY);
    const [agentPort, httpsPort] = [await freePort(addresses), await freePort(addresses)];
    const key = randomBytes(32);
    const [configDir, keyFile] = [join(directory, 'letsencrypt'), join(directory, 'cluster.key')];
    await writeFile(keyFile, key.toString('hex'), { mode: 0o600 });
    const issued = await ca.issue(['a.test']);
    for (const lineage of ['a.test', 'b.test', 'c.test'])
      await writeIssuerTree(configDir, [issued], {
        lineage,
        conf: renewalConf({ configDir, lineage, params: OWN_HOOKS }),
      });
    await mkdir(join(directory, 'webroot'));
    const agent = await serveAgent(directory, { key });
    onTestFinished(agent.close);
    const { listen, most, begun } = counter();
    for (const address of addresses) {
      await listen(address, agentPort, (socket) => {
        const through = connect(agent.port, agent.address);
        through.on('error', () => undefined).once('close', () => socket.destroy());
        socket.pipe(through).pipe(socket);
        socket.once('close', () => through.destroy());
      });
      // A web server that takes its time: all that come at once are there together.
      await listen(address, httpsPort, (socket) => setTimeout(() => socket.destroy(), HELD_MS));
    }
    const file = join(directory, 'config.yaml');
    await writeConfig(file, {
      nodes: Object.fromEntries(addresses.map((address, index) => [`web${index + 1}`, address])),
      ...{ self: 'web1', stateDir: directory, webroot: join(directory, 'webroot') },
      ...{ gate: { httpsPort }, agent: { port: agentPort, keyFile }, certificates: { configDir } },
    });

    const { stdout } = await run([process.execPath, join(DIST, 'cli.js'), 'status', '--json'], {
      env: environmentOf(file),
    });

    const { nodes } = JSON.parse(stdout) as { nodes: { agent: string }[] };
    expect(nodes.filter((node) => node.agent === 'reachable')).toHaveLength(MANY);
    expect(most()).toBeGreaterThan(MANY / 2);
    expect(most()).toBeLessThanOrEqual(MOST_AT_ONCE);
    const toAgents = addresses.map((address) => begun.get(`${address}:${agentPort}`));
    expect(toAgents).toEqual(addresses.map(() => 1));
  });
});

const lack = await lackOf(['strace']);

describe('the last hooks of a batch', () => {
  testIn.skipIf(lack !== null)(
    'have one connection to each peer’s agent, however many names, and one to each web server for each name',
    async ({ cluster }) => {
      await cluster.startAll();
      const batch = makeChallenges(NAMES);
      const last = batch.at(-1);
      if (last === undefined) throw new Error('no challenges');
      for (const [index, challenge] of batch.slice(0, -1).entries())
        await runHook('auth', cluster, challenge, { batch, remainingChallenges: NAMES - 1 - index });

      const [, web2, web3] = cluster.nodes;
      for (const [hook, toEachServer] of [
        ['auth', NAMES],
        ['cleanup', undefined],
      ] as const) {
        const { to, ended } = await connectionsOf([process.execPath, hookFile(hook)], {
          env: hookEnv(cluster, last, { batch }),
        });

        expectIn(ended).toMatchObject({ code: 0, stderr: '' });
        const toAgents = [web2, web3].map(({ address }) => to.get(`${address}:${cluster.agentPort}`));
        expectIn({ hook, toAgents }).toEqual({ hook, toAgents: [1, 1] });
        const toServers = cluster.nodes.map(({ address }) => to.get(`${address}:${cluster.httpPort}`));
        expectIn({ hook, toServers }).toEqual({ hook, toServers: cluster.nodes.map(() => toEachServer) });
      }
      expectIn(await cluster.tokens()).toEqual([[], [], []]);
    },
  );
});
