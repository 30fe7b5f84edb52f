// @module-tag long
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CA_FILE } from '../lab/booted/base.ts';
import { show } from '../lab/scene/units.ts';
import { run } from '../support/programs/program.ts';
import { expect, testIn, type LabNode, type Scene } from '../lab/scene/scene.ts';

/** certbot 5 on the first node, which has `certbot reconfigure`; certbot 2.1 on the others, which has not. */
const test = testIn({ debians: ['forky', 'bookworm', 'bookworm'] });

const WHAT = 'a certbot of its own on each node';

/** How a lineage is obtained without certbot-ha, and lines of its configuration that go. */
const WAYS = {
  webroot: (node: LabNode) => ({
    args: ['--webroot', '--webroot-path', node.paths.webroot, '--deploy-hook', 'systemctl reload nginx'],
    gone: ['authenticator = webroot', 'renew_hook = systemctl reload nginx'],
  }),
  standalone: () => ({
    args: [
      ...['--standalone', '--pre-hook', 'systemctl stop nginx'],
      ...['--post-hook', 'systemctl start nginx'],
    ],
    gone: [
      'authenticator = standalone',
      'pre_hook = systemctl stop nginx',
      'post_hook = systemctl start nginx',
    ],
  }),
  manual: (node: LabNode) => {
    const token = `${node.paths.webroot}/.well-known/acme-challenge/$CERTBOT_TOKEN`;
    const [auth, cleanUp] = [`echo $CERTBOT_VALIDATION >${token}`, `rm -f ${token}`];
    return {
      args: [
        ...['--manual', '--preferred-challenges', 'http'],
        ...['--manual-auth-hook', auth, '--manual-cleanup-hook', cleanUp],
      ],
      gone: [`manual_auth_hook = ${auth}`, `manual_cleanup_hook = ${cleanUp}`],
    };
  },
} as const;

const OF_HOOKS = /^(?:authenticator|pref_challs|manual_auth_hook|manual_cleanup_hook|renew_hook) = /;
/** certbot writes down what it is called with. */
const OF_CERTBOT = 'config_dir = /etc/letsencrypt';

for (const [index, by] of ['certbot reconfigure', 'certbot-ha itself'].entries()) {
  test(`lineages of --webroot, --standalone and by hand are adopted by ${by}: the site stays as it is, and the next renewal goes by the hooks to every node`, async ({
    scene,
  }) => {
    scene.needsHosts(WHAT);
    const node = scene.nodes[index] as LabNode;
    await scene.moveVip(node);
    for (const [way, ofNode] of Object.entries(WAYS)) {
      const name = scene.name(way);
      const { args, gone } = ofNode(node);
      scene.expectSuccess(await scene.lab.certbot(node, ['certonly', ...args, '-d', name]));
      await scene.serve(name, [node]);
      const first = await scene.serial(node, name);
      await adopted(scene, node, { name, gone, isByCertbot: index === 0 });

      await scene.deploy(node, name);
      await scene.serve(name);
      await scene.expectServed(name, first);
      await renewed(scene, node, name);
    }
  });
}

test('a lineage of --nginx is adopted: what certbot has written into the site stays, and each node reloads its own nginx', async ({
  scene,
  skip,
}) => {
  scene.needsHosts(WHAT);
  const [web1, web2, web3] = scene.nodes;
  const lack = await installPlugin(web2);
  if (lack !== null) return skip(lack);
  const name = scene.name('by-nginx');
  await scene.moveVip(web2);
  const file = join(web2.paths.nginxConfDir, `${name}.conf`);
  scene.undo(async () => {
    await web2.check(['rm', '-f', file]);
    await web2.reloadNginx();
  });
  await web2.writeFile(file, plainSite(name, web2.paths.webroot));
  await web2.reloadNginx();
  scene.expectSuccess(await scene.lab.certbot(web2, ['run', '--nginx', '-d', name]));
  expect(await web2.readFile(file)).toContain('# managed by Certbot');
  const gone = ['authenticator = nginx', 'installer = nginx'];
  await adopted(scene, web2, { name, gone, isByCertbot: false });

  await scene.deploy(web2, name);
  await scene.serve(name, [web1, web3]);
  await renewed(scene, web2, name);
});

test('a lineage that a node does not serve challenges for is renewed as before', async ({ scene }) => {
  scene.needsHosts(WHAT);
  const [web1, , web3] = scene.nodes;
  await scene.configure({ gate: { timeout: 5 } });
  const name = scene.name('unserved');
  const { args } = WAYS.webroot(web1);
  scene.expectSuccess(await scene.lab.certbot(web1, ['certonly', ...args, '-d', name]));
  const before = await confOf(web1, name);
  await scene.hideChallenges(web3);
  const { code, stdout, stderr } = await adopt(web1, [name]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^web3 .*\[token-not-found\]$/m);
  expect(stderr).toContain(
    `${name}: the drill has not passed: the lineage is renewed as before [not-adopted]`,
  );
  expect(await confOf(web1, name)).toBe(before);
  scene.expectSuccess(await scene.plainCertbot(web1, ['renew', '--force-renewal', '--cert-name', name]));
});

interface Adopted {
  readonly name: string;
  readonly gone: readonly string[];
  readonly isByCertbot: boolean;
}

/** Dry, then really: nothing but the lines of its renewal configuration changes. */
async function adopted(scene: Scene, node: LabNode, { name, gone, isByCertbot }: Adopted): Promise<void> {
  const before = await confOf(node, name);
  const site = await siteOf(scene, node, name);
  const dry = await adopt(node, ['--dry-run', name]);
  expect(dry).toMatchObject({ code: 0, stderr: '' });
  for (const line of gone) expect(dry.stdout).toContain(`  - ${line}\n`);
  expect(dry.stdout.includes('by certbot reconfigure')).toBe(isByCertbot);
  expect(await confOf(node, name)).toBe(before);

  const done = await adopt(node, [name]);
  expect(done).toMatchObject({ code: 0 });
  expect(done.stdout).toContain('drill passed in');
  expect(done.stdout).toContain(`${name}: adopted: certbot-ha's hooks renew it from now on\n`);
  const after = await confOf(node, name);
  for (const line of gone) expect(after).not.toContain(`${line}\n`);
  expect(linesOnlyIn(before, after).filter((line) => !gone.includes(line))).toEqual([]);
  expect(linesOnlyIn(after, before).filter((line) => !OF_HOOKS.test(line))).toEqual(
    isByCertbot ? [OF_CERTBOT] : [],
  );
  expect(after).toMatch(/^authenticator = manual$/m);
  expect(after).toMatch(/^renew_hook = certbot-ha-deploy$/m);
  expect(await siteOf(scene, node, name)).toEqual(site);
  expect(await adopt(node, [name])).toMatchObject({ code: 0, stderr: '' });
  expect(await confOf(node, name)).toBe(after);
}

async function renewed(scene: Scene, node: LabNode, name: string): Promise<void> {
  const first = await scene.serial(node, name);
  scene.expectSuccess(await scene.plainCertbot(node, ['renew', '--force-renewal', '--cert-name', name]));
  const second = await scene.serial(node, name);
  expect(second).not.toBe(first);
  await scene.expectEverywhere(name, second);
  await scene.expectDelivered();
}

/** What certbot changes an nginx with, from the distribution of this machine, which is the node's; says why there is none. */
async function installPlugin(node: LabNode): Promise<string | null> {
  const directory = await mkdtemp(join(tmpdir(), 'certbot-ha-plugin-'));
  try {
    const packages = ['python3-certbot-nginx', 'python3-pyparsing'];
    const { code, stderr } = await run(['apt-get', 'download', ...packages], { cwd: directory });
    if (code !== 0) return `not to be had: ${packages.join(', ')}: ${stderr.trimEnd()}`;
    for (const file of await readdir(directory)) {
      const input = (await readFile(join(directory, file))).toString('base64');
      await node.check(['sh', '-euc', 'base64 -d >/root/plugin.deb; dpkg --unpack /root/plugin.deb'], {
        input,
      });
    }
    await node.check(['dpkg', '--configure', '--pending']);
    return null;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function plainSite(name: string, webroot: string): string {
  return `server {
    listen 80;
    server_name ${name};
    location ^~ /.well-known/acme-challenge/ {
        root ${webroot};
    }
    location / {
        return 200 "its own\\n";
    }
}
`;
}

/** What visitors get, the web server's configuration to the byte, and since when the web server runs. */
async function siteOf(scene: Scene, node: LabNode, name: string) {
  const resolved = ['--resolve', `${name}:443:${node.address}`, '--resolve', `${name}:80:${node.address}`];
  const get = async (url: string) =>
    await node.check(['curl', '--silent', '--insecure', '--include', ...resolved, url]);
  const answers = await Promise.all([get(`https://${name}/`), get(`http://${name}/`)]);
  return {
    serial: await scene.servedBy(node, name),
    answers: answers.map((answer) => answer.replace(/^Date: .*\r\n/im, '')),
    configuration: await node.check(['sh', '-c', 'find /etc/nginx -type f -exec sha256sum {} + | sort']),
    lineage: await node.check([
      'sh',
      '-c',
      'cd "$0"; sha256sum *.pem',
      `${node.paths.letsencrypt}/live/${name}`,
    ]),
    pid: await show(node, 'nginx.service', 'MainPID'),
  };
}

function linesOnlyIn(text: string, other: string): readonly string[] {
  const others = new Set(other.split('\n'));
  return text.split('\n').filter((line) => !others.has(line));
}

async function adopt(node: LabNode, args: readonly string[]) {
  return await node.run(['certbot-ha', 'adopt', ...args], {
    timeoutMs: 120_000,
    env: { REQUESTS_CA_BUNDLE: CA_FILE },
  });
}

async function confOf(node: LabNode, name: string): Promise<string> {
  return await node.readFile(join(node.paths.letsencrypt, 'renewal', `${name}.conf`));
}
