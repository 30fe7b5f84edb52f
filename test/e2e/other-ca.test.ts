import { join } from 'node:path';
import { makeBundle, withFiles } from '../support/lineage/bundle.ts';
import { eventually, expect, test, type LabNode, type Scene } from '../lab/scene/scene.ts';

const MINUTE_MS = 60_000;

/** What a report tells to type on each node. */
function commandIn(report: string): readonly string[] {
  const command = /on each node: (certbot-ha accept .+?) \[change-refused\]/.exec(report)?.[1];
  if (command === undefined) throw new Error(`no command in:\n${report}`);
  return command.split(' ');
}

/** The holder is reloaded last, when all others serve it. */
async function everyoneServes(scene: Scene, name: string, serial: string): Promise<void> {
  await eventually(async () => await scene.served(name), {
    ...{ timeoutMs: 2 * MINUTE_MS, what: 'the new generation on every node and VIP', everyMs: 500 },
    until: (served) => Object.values(served).every((one) => one === serial),
  });
  await scene.expectServed(name, serial);
}

test('from one CA to another it is one command on each node, which the refusal prints', async ({ scene }) => {
  scene.needsHosts('path units');
  const [web1, ...others] = scene.nodes;
  const name = scene.name('other-ca');
  await scene.issueEverywhere(web1, name);
  // Another one for certbot, with an account of its own.
  const server = scene.lab.directoryUrl.replace(/\/\/([^:]+)/, (host) => host.toUpperCase());

  const run = await again(web1, name, [
    '--server',
    server,
    '--no-verify-ssl',
    '-m',
    'a@example.test',
    '--agree-tos',
  ]);
  const serial = await scene.serial(web1, name);
  expect(run).toContain(`renewal.conf: server: not as in this node's own renewal/${name}.conf`);
  for (const node of others) {
    expect(await scene.serial(node, name)).not.toBe(serial);
    await node.check(commandIn(run));
  }

  await everyoneServes(scene, name, serial);
  for (const node of others) {
    const conf = await node.readFile(join(node.paths.letsencrypt, 'renewal', `${name}.conf`));
    expect(conf).toContain(`server = ${server}\n`);
    expect(conf).toContain('manual_auth_hook = certbot-ha-auth\n');
  }
  await scene.nothingOutstanding(web1);
});

/** `certbot-ha certonly` of a lineage that is there; what certbot and the hooks have said. */
async function again(node: LabNode, name: string, args: readonly string[]): Promise<string> {
  const argv = [
    'certbot-ha',
    'certonly',
    '--here',
    '--cert-name',
    name,
    '-d',
    name,
    '--force-renewal',
    '-n',
    ...args,
  ];
  const { stdout, stderr } = await node.run(argv, { timeoutMs: 180_000 });
  return stdout + stderr;
}

test('the way back after a theft of the cluster’s key leads to a certificate of the old names and a key that nobody knows', async ({
  scene,
  forge,
}) => {
  scene.needsHosts('path units');
  const [web1, ...others] = scene.nodes;
  const { letsencrypt } = web1.paths;
  const name = scene.name('theft');
  await scene.issueEverywhere(web1, name);
  const conf = await web1.readFile(join(letsencrypt, 'renewal', `${name}.conf`));
  const account = /^account = (.*)$/m.exec(conf)?.[1] ?? '';
  const directory = join(letsencrypt, 'accounts', scene.lab.directoryUrl.replace('https://', ''), account);
  // Without the account's key, which they have from a delivery that they have read, no node would take it.
  const forged = withFiles(
    makeBundle(await forge.authority.issue([name, 'evil.example.test'], { notBefore: new Date() }), {
      ...{ configDir: letsencrypt, lineage: name, number: 2 },
      conf: `${conf}preferred_chain = nonsense\npre_hook = touch /root/evil\n`,
    }),
    { 'account/private_key.json': await web1.readFile(join(directory, 'private_key.json')) },
  );
  for (const node of scene.nodes) {
    await forge.place(node, forged);
    expect(await forge.result(node, forged)).toMatchObject({ state: 'installed' });
    const left = await node.readFile(join(letsencrypt, 'renewal', `${name}.conf`));
    expect(left).toContain('preferred_chain = nonsense\n');
    expect(left).not.toContain('pre_hook');
  }

  // docs/security.md, from the third step on.
  const ca = ['--server', scene.lab.directoryUrl, '--no-verify-ssl'];
  const run = await again(web1, name, [...ca, '--new-key']);
  const serial = await scene.serial(web1, name);
  expect(run).toContain(`${name}: the new certificate lacks evil.example.test`);
  for (const node of others) await node.check(commandIn(run));
  await everyoneServes(scene, name, serial);
  for (const node of scene.nodes) {
    const now = await node.readFile(join(letsencrypt, 'renewal', `${name}.conf`));
    expect(now).not.toContain('preferred_chain');
    const key = await node.readFile(join(letsencrypt, 'live', name, 'privkey.pem'));
    expect(key).not.toBe(forged.files['privkey.pem']);
  }
  await scene.nothingOutstanding(web1);
});
