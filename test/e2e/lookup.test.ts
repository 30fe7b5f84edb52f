import type { LabNode } from '../lab/lab.ts';
import { expect, test, type Scene } from '../lab/scene/scene.ts';

const SITE = '/etc/nginx/conf.d/http.conf';
const PART = '/etc/nginx/snippets/certbot-ha.conf';
const LISTENS = 'server {\n  listen 80 default_server;\n  include snippets/certbot-ha.conf;\n}\n';

/** Every node's nginx asks its agent, as `snippet` writes it. */
async function lookUp({ nodes, configure, undo }: Scene, settings: object, then?: object): Promise<void> {
  await configure(settings);
  const restart = async () =>
    await Promise.all(
      nodes.map(async (node) => await node.check(['systemctl', 'restart', 'certbot-ha-agent'])),
    );
  await Promise.all(
    nodes.map(async (node) => {
      const before = await node.readFile(SITE);
      undo(async () => {
        await node.writeFile(SITE, before);
        await node.check(['rm', '-f', PART, '/var/lib/certbot-ha/inbox/thumbprint']);
        await node.reloadNginx();
      });
      await node.check(['certbot-ha', 'snippet', 'nginx', '--write']);
      await node.writeFile(SITE, LISTENS);
      await node.reloadNginx();
    }),
  );
  if (then !== undefined) await configure(then);
  await restart();
}

interface Said {
  readonly checks: readonly {
    readonly name: string;
    readonly result: string;
    readonly findings: readonly unknown[];
  }[];
}

/** What the doctor says of the look-up. */
async function examined(node: LabNode) {
  const { stdout } = await node.run(['certbot-ha', 'doctor', '--json']);
  return (JSON.parse(stdout) as Said).checks.find(({ name }) => name === 'look-up');
}

/** Pushes to a node from another one are refused. Its own questions to that one are not. */
async function refusePushes({ undo }: Scene, from: LabNode, to: LabNode): Promise<() => Promise<unknown>> {
  const heal = async () => await to.run(['nft', 'delete', 'table', 'ip', 'pushes']);
  undo(heal);
  await to.check(['nft', 'add', 'table', 'ip', 'pushes']);
  await to.check(['nft', 'add chain ip pushes input { type filter hook input priority 0; }']);
  const rule = `add rule ip pushes input ip saddr ${from.address} tcp dport 9480 reject with tcp reset`;
  await to.check(['nft', rule]);
  return heal;
}

test('a node that no push reaches answers the CA with what it asks its peers for, and is named', async ({
  scene,
}) => {
  scene.needsHosts('nftables');
  await lookUp(scene, { gate: { timeout: 20 } });
  const [web1, web2, web3] = scene.nodes;
  const healed = await Promise.all([web2, web3].map(async (peer) => await refusePushes(scene, web1, peer)));
  await scene.moveVip(web2);
  const name = scene.name('look-up');

  const run = await scene.tryIssue(web1, name);

  await scene.expectCertificate(web1, name);
  expect(run.stdout).toMatch(/served by web1, web2, web3, vip .*web2 .*: served .* could not be sent there/);
  const asked = await web2.check(['journalctl', '-u', 'certbot-ha-agent', '-o', 'cat', '-n', '50']);
  expect(asked).toContain('"peer":"web1","msg":"answered with the response of a peer"');
  // What could not be removed there is removed by the next run.
  for (const heal of healed) await heal();
  await scene.issue(web1, scene.name('pushed'));
});

test('thumbprint: a node that has just booted and hears from nobody answers the CA', async ({ scene }) => {
  scene.needsHosts('a power switch');
  await lookUp(scene, { gate: { timeout: 5 }, agent: { lookup: 'thumbprint' } });
  const [web1, web2] = scene.nodes;
  await scene.issue(web1, scene.name('learnt'));
  await scene.moveVip(web2);
  await (
    await scene.takeDown(web2, 'power')
  )();
  await scene.moveVip(web2);
  const heal = await scene.cutOff(web2);
  const name = scene.name('thumbprint');

  const run = await scene.tryIssue(web1, name);

  await scene.expectCertificate(web1, name);
  expect(run.complaints).toContain('not seen everywhere within 5 s');
  await heal();
  await scene.issue(web1, scene.name('healed'));
});

test('a part that was written before the look-up was wanted: doctor says so, and what to type', async ({
  scene,
}) => {
  await lookUp(scene, { agent: { lookup: 'off' } }, {});
  const [web1] = scene.nodes;
  const command = 'certbot-ha snippet nginx --write';
  expect(await examined(web1)).toMatchObject({
    result: 'warn',
    findings: [{ found: { code: 'lookup-missing', file: PART }, next: [{ command }] }],
  });
  await web1.check(command.split(' '));
  expect(await examined(web1)).toMatchObject({ result: 'pass' });
});

test('the CA gets what another client has written, from a node that no push has reached', async ({
  scene,
}) => {
  scene.needsHosts('nftables');
  await lookUp(scene, {});
  const [web1, web2, web3] = scene.nodes;
  const healed = await Promise.all([web2, web3].map(async (peer) => await refusePushes(scene, web1, peer)));
  await scene.moveVip(web2);
  const name = scene.name('client');
  await scene.lab.certbot(web1, ['certonly', '--webroot', '-w', web1.paths.webroot, '-d', name]);
  await scene.expectCertificate(web1, name);
  for (const heal of healed) await heal();
});
