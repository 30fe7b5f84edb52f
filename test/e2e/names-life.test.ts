import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { namesOf } from '../../lib/lineage/names.ts';
import type { RunResult } from '../lab/lab.ts';
import { eventually, expect, test, type LabNode, type Scene } from '../lab/scene/scene.ts';

const MINUTE_MS = 60_000;

/** `certbot-ha certonly` as an operator types it. */
async function certonly(on: LabNode, { lab }: Scene, args: readonly string[]) {
  const ca = ['--server', lab.directoryUrl, '--no-verify-ssl', '--agree-tos', '-m', 'a@example.test', '-n'];
  return await on.run(['certbot-ha', 'certonly', '--here', ...args, ...ca], { timeoutMs: 120_000 });
}

/** What a report tells to type on each node. */
function commandIn(report: string): readonly string[] {
  const command = /on each node: (certbot-ha accept .+?) \[change-refused\]/.exec(report)?.[1];
  if (command === undefined) throw new Error(`no command in:\n${report}`);
  return command.split(' ');
}

/** No hook had anything to complain of. */
function expectDelivered({ code, stdout, stderr }: RunResult): void {
  expect({ code, stdout, complaints: /Hook[\s\S]*/.exec(stderr)?.[0] ?? '' }).toMatchObject({
    code: 0,
    complaints: '',
  });
}

const optionsOf = (names: readonly string[]) => names.flatMap((name) => ['-d', name]);

async function everyoneServes(scene: Scene, name: string, serial: string): Promise<void> {
  await eventually(async () => await scene.served(name), {
    ...{ timeoutMs: 2 * MINUTE_MS, what: 'the new generation on every node and VIP', everyMs: 500 },
    until: (served) => Object.values(served).every((one) => one === serial),
  });
}

const keyTypeOn = async (scene: Scene, node: LabNode, lineage: string) =>
  (await scene.leaf(node, lineage)).publicKey.asymmetricKeyType;

/** A site with two certificates of one name. */
async function serveBoth(scene: Scene, name: string, lineages: readonly string[]): Promise<void> {
  for (const node of scene.nodes) {
    const lines = lineages.map((lineage) => {
      const live = `${node.paths.letsencrypt}/live/${lineage}`;
      return `ssl_certificate ${live}/fullchain.pem; ssl_certificate_key ${live}/privkey.pem;`;
    });
    const site = `server { listen 443 ssl; server_name ${name}; ${lines.join(' ')} return 200 "both\\n"; }\n`;
    await node.writeFile(join(node.paths.nginxConfDir, `${name}.conf`), site);
    await node.reloadNginx();
  }
}

/** What a target shows to whoever takes only this type of key. */
async function servedOf(scene: Scene, address: string, name: string, type: 'rsa' | 'ec') {
  const algorithms = type === 'ec' ? 'ECDSA+SHA256' : 'RSA-PSS+SHA256:RSA+SHA256';
  const script = `timeout 5 openssl s_client -connect "$0:443" -servername "$1" -sigalgs "$2" </dev/null 2>/dev/null | openssl x509`;
  const { stdout } = await scene.lab.ca.run(['sh', '-c', script, address, name, algorithms]);
  const { serialNumber, publicKey } = new X509Certificate(stdout);
  expect(publicKey.asymmetricKeyType).toBe(type);
  return BigInt(`0x${serialNumber}`).toString(16);
}

test('a second lineage of the same name, RSA beside EC, is issued, served beside it, and renewed with it', async ({
  scene,
}) => {
  scene.needsHosts('path units');
  const [web1] = scene.nodes;
  const [name, shop] = [scene.name('both'), scene.name('shop')];
  await scene.issueEverywhere(web1, shop);
  const ec = await scene.issueEverywhere(web1, name);
  const rsaName = `${name}-rsa`;

  const issuing = await certonly(web1, scene, ['--cert-name', rsaName, '-d', name, '--key-type', 'rsa']);
  expectDelivered(issuing);
  expect(issuing.stdout).toContain('serves the certificate of another lineage');
  await scene.nothingOutstanding(web1);
  await scene.expectServed(name, ec);
  // Not in any web server yet, and no trouble of it.
  scene.expectSuccess(await scene.tryRenew(web1, rsaName));
  await scene.nothingOutstanding(web1);

  await serveBoth(scene, name, [name, rsaName]);
  const addresses = [...scene.nodes.map(({ address }) => address), scene.vip];
  const both = async () => ({
    ec: await Promise.all(addresses.map(async (address) => await servedOf(scene, address, name, 'ec'))),
    rsa: await Promise.all(addresses.map(async (address) => await servedOf(scene, address, name, 'rsa'))),
  });
  const everywhere = async () => {
    const [one, other] = [await scene.serial(web1, name), await scene.serial(web1, rsaName)];
    return { ec: addresses.map(() => one), rsa: addresses.map(() => other) };
  };
  expect(await both()).toEqual(await everywhere());

  const said = await web1.run(
    ['sh', '-c', 'exec certbot renew --force-renewal --no-random-sleep-on-renew -n --no-verify-ssl'],
    {
      timeoutMs: 180_000,
    },
  );
  expectDelivered(said);
  expect(await both()).toEqual(await everywhere());
  await scene.nothingOutstanding(web1);
  const status = await web1.check(['certbot-ha', 'status', '--json']);
  const { lineages } = JSON.parse(status) as {
    lineages: readonly { lineage: string; target: string; installed: string | null; serves: string }[];
  };
  const states = lineages
    .filter(({ lineage }) => [name, rsaName].includes(lineage))
    .map(({ serves }) => serves);
  expect(states).toEqual(Array.from({ length: 8 }, () => 'newest'));
});

// After the other, which renews all that is there: what is only there is of a CA that renews nothing.
test('a name is added, one is taken out, and the key’s type changes, beside two other lineages', async ({
  scene,
  forge,
}) => {
  scene.needsHosts('path units');
  const [web1, ...others] = scene.nodes;
  const [name, first, second, added] = ['life', 'first', 'second', 'added'].map((topic) =>
    scene.name(topic),
  ) as [string, string, string, string];
  const besides = await forge.besides(scene.nodes, [first, second]);
  await scene.serve([...besides.keys()]);
  scene.expectSuccess(
    await scene.tryIssue(web1, [name, first], { deploys: true, args: ['--cert-name', name] }),
  );
  await scene.serve(name);
  const again = async (names: readonly string[], args: readonly string[] = []) =>
    await certonly(web1, scene, ['--cert-name', name, ...optionsOf(names), ...args]);

  const adding = await again([name, first, added]);
  expectDelivered(adding);
  await scene.expectEverywhere(name, await scene.serial(web1, name));
  await scene.nothingOutstanding(web1);

  const taking = await again([name, added]);
  const serial = await scene.serial(web1, name);
  const report = taking.stdout + taking.stderr;
  expect(report).toContain(`${name}: the new certificate lacks ${first}`);
  for (const node of others) await node.check(commandIn(report));
  await everyoneServes(scene, name, serial);
  for (const node of scene.nodes)
    expect(namesOf(await scene.leaf(node, name)).toSorted()).toEqual([added, name].toSorted());
  await scene.nothingOutstanding(web1);

  const kinds: readonly (readonly [string, 'rsa' | 'ec', readonly string[]])[] = [
    ['to RSA', 'rsa', ['--key-type', 'rsa', '--force-renewal']],
    ['and back', 'ec', ['--key-type', 'ecdsa', '--force-renewal']],
  ];
  for (const [what, type, args] of kinds) {
    const run = await again([name, added], args);
    expectDelivered(run);
    for (const node of scene.nodes) expect(await keyTypeOn(scene, node, name), what).toBe(type);
    await scene.expectServed(name, await scene.serial(web1, name));
  }

  const reusing = await again([name, added], ['--reuse-key', '--force-renewal']);
  const refusal = reusing.stdout + reusing.stderr;
  expect(refusal).toContain('renewal.conf: reuse_key');
  for (const node of others) await node.check(commandIn(refusal));
  await everyoneServes(scene, name, await scene.serial(web1, name));
  await scene.moveVip(others[0]);
  const key = await web1.readFile(join(web1.paths.letsencrypt, 'live', name, 'privkey.pem'));
  await scene.renew(others[0], name, { hooks: 2 });
  for (const node of scene.nodes)
    expect(await node.readFile(join(node.paths.letsencrypt, 'live', name, 'privkey.pem'))).toBe(key);
  await scene.expectEverywhere(name, await scene.serial(web1, name));
  for (const [other, itsOwn] of besides) await scene.expectEverywhere(other, itsOwn);
});
