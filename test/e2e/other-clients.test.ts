import { describe } from 'vitest';
import { typeOn } from '../lab/first-certificate/hosts.ts';
import { CA_FILE } from '../lab/booted/base.ts';
import { documentedBlock } from '../lab/scene/documented.ts';
import { eventually, expect, test, type LabNode, type Scene } from '../lab/scene/scene.ts';
import { makeChallenge } from '../support/cluster/challenge.ts';

const PAGE = 'docs/other-clients.md';

/** What a reader puts into a block of the page, and where the certificate is after that. */
const CLIENTS = [
  {
    client: 'certbot',
    tags: ['core'],
    words: 'certbot certonly',
    put: (text: string, url: string) =>
      text.replace('certonly', `certonly --server ${url} --agree-tos -m admin@example.test -n`),
    certificate: (name: string) => `/etc/letsencrypt/live/${name}/cert.pem`,
  },
  {
    client: 'lego',
    tags: [],
    words: 'lego --',
    put: (text: string, url: string) =>
      text.replace('lego ', `LEGO_CA_CERTIFICATES=${CA_FILE} lego --server ${url} `),
    certificate: (name: string) => `/root/.lego/certificates/${name}.crt`,
  },
  {
    client: 'dehydrated',
    tags: [],
    words: 'dehydrated --',
    put: (text: string, url: string) =>
      `printf '%s\\n' 'CA=${url}' 'CURL_OPTS="--cacert ${CA_FILE}"' >/etc/dehydrated/conf.d/ca.sh\n${text}`,
    certificate: (name: string) => `/var/lib/dehydrated/certs/${name}/cert.pem`,
  },
] as const;

/** What the agent says to have sent, by the page's own command. */
async function sentBy(node: LabNode): Promise<string> {
  const command = await documentedBlock({ page: PAGE, words: 'journalctl' });
  return await typeOn(node, `${command.trim()} || true`);
}

/** What a client says arrives there this much later: a CA that is no farther than the next rack asks before a token can be anywhere. */
const CA_AWAY_MS = 100;
const RELAY = `
const { connect, createServer } = require('node:net');
createServer((client) => {
  const ca = connect(14000, process.argv[1]);
  client.on('data', (chunk) => setTimeout(() => ca.write(chunk), ${CA_AWAY_MS}));
  ca.pipe(client);
  for (const socket of [client, ca]) socket.on('error', () => undefined).on('close', () => (client.destroy(), ca.destroy()));
}).listen(14000, '127.0.0.1');
`;

/** As far as a CA on the Internet is, seen from one host. */
async function moveCaAway({ lab, undo }: Pick<Scene, 'lab' | 'undo'>, node: LabNode): Promise<void> {
  await node.check(['systemd-run', '--quiet', '--unit=far-ca', 'node', '-e', RELAY, lab.ca.address]);
  await node.check([
    'sh',
    '-c',
    'cp /etc/hosts /root/hosts; echo 127.0.0.1 ca.example.test >/etc/hosts; cat /root/hosts >>/etc/hosts',
  ]);
  undo(async () => await node.check(['sh', '-c', 'cp /root/hosts /etc/hosts; systemctl stop far-ca']));
}

async function untilOn(nodes: readonly LabNode[], tokens: readonly string[]): Promise<void> {
  const are = async () =>
    (await Promise.all(nodes.map(async (node) => await node.tokens()))).every(
      (names) => names.toSorted().join() === tokens.join(),
    );
  await eventually(are, { timeoutMs: 10_000, what: `${tokens.length} tokens on every node` });
}

describe('another ACME client, without hooks, on a node that does not hold the VIP', () => {
  for (const { client, tags, words, put, certificate } of CLIENTS) {
    test(
      `${client} gets a certificate, and its token is gone everywhere`,
      { tags: [...tags] },
      async ({ scene, skip }) => {
        scene.needsHosts('clients that know one place');
        const [web1, web2] = scene.nodes;
        const isThere = (await web1.run(['sh', '-c', `command -v ${client}`])).code === 0;
        skip(!isThere, `${client} is not installed there`);
        await scene.moveVip(web2);
        await moveCaAway(scene, web1);
        const name = scene.name(client);
        const block = await documentedBlock({ page: PAGE, words });
        await typeOn(web1, put(block, scene.lab.directoryUrl).replace('www.example.com', name));
        expect(
          await web1.check(['openssl', 'x509', '-noout', '-ext', 'subjectAltName', '-in', certificate(name)]),
        ).toContain(name);
        await untilOn(scene.nodes, []);
        expect(await sentBy(web1)).toContain('presented on a peer');
      },
    );
  }
});

test(
  'what came while the agent was away is passed on when it starts; what came from a peer is not',
  { tags: ['core'] },
  async ({ scene }) => {
    scene.needsHosts('an agent that is not root');
    const [web1, web2, web3] = scene.nodes;
    const { token, keyAuthorization } = makeChallenge();
    await web1.stopService('agent');
    scene.undo(async () => await web1.startService('agent'));
    await web1.writeFile(`${web1.paths.webroot}/.well-known/acme-challenge/${token}`, keyAuthorization);
    await web1.startService('agent');
    await untilOn([web2, web3], [token]);
    await web2.stopService('agent');
    await web3.stopService('agent');
    await web2.startService('agent');
    await web3.startService('agent');
    // What web2 would have sent it sends before this.
    const other = makeChallenge();
    await web2.writeFile(
      `${web2.paths.webroot}/.well-known/acme-challenge/${other.token}`,
      other.keyAuthorization,
    );
    await untilOn([web1, web3], [token, other.token].toSorted());
    expect(await sentBy(web2)).not.toContain(token);
    for (const [node, name] of [
      [web1, token],
      [web2, other.token],
    ] as const)
      await node.check(['rm', `${node.paths.webroot}/.well-known/acme-challenge/${name}`]);
    await untilOn(scene.nodes, []);
  },
);

test('a token that the agent may not read is named; one in a directory that was replaced is presented', async ({
  scene,
}) => {
  scene.needsHosts('an agent that is not root');
  const [web1, web2, web3] = scene.nodes;
  const { webroot } = web1.paths;
  const restart = async () => await web1.check(['systemctl', 'restart', 'certbot-ha-agent']);
  const said = async (words: string) => {
    const log = async () =>
      await web1.check(['journalctl', '-u', 'certbot-ha-agent', '-o', 'cat', '-n', '20']);
    await eventually(async () => (await log()).includes(words), { timeoutMs: 10_000, what: words });
  };
  const { token, keyAuthorization } = makeChallenge();
  const file = `${webroot}/.well-known/acme-challenge/${token}`;
  const line = `umask 077; printf %s "$1" >${file}`;
  await web1.check(['sh', '-c', line, 'sh', keyAuthorization]);
  await said(`${file}: the agent may not read it`);
  await web1.check(['chmod', '644', file]);
  await untilOn([web2, web3], [token]);

  // As a deployment does; the unit's own view of it stays that of before.
  const made = `install -d -o certbot-ha -g certbot-ha ${webroot} ${webroot}/.well-known ${webroot}/.well-known/acme-challenge`;
  await web1.check(['sh', '-c', `mv ${webroot} ${webroot}.old; ${made}`]);
  scene.undo(
    async () => await web1.check(['sh', '-c', `rm -rf ${webroot}.old; systemctl restart certbot-ha-agent`]),
  );
  await untilOn([web2, web3], []);
  const other = makeChallenge();
  await web1.writeFile(`${webroot}/.well-known/acme-challenge/${other.token}`, other.keyAuthorization);
  await untilOn([web2, web3], [other.token]);
  await said('webroot-not-writable');
  await restart();
  const pushed = makeChallenge();
  await web2.writeFile(`${webroot}/.well-known/acme-challenge/${pushed.token}`, pushed.keyAuthorization);
  await untilOn([web1, web3], [other.token, pushed.token].toSorted());
  await web1.check(['rm', `${webroot}/.well-known/acme-challenge/${other.token}`]);
  await web2.check(['rm', `${webroot}/.well-known/acme-challenge/${pushed.token}`]);
  await untilOn(scene.nodes, []);
});
