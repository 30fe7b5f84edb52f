import { join } from 'node:path';
import { expect } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import type { Lab, LabNode, RunResult } from '../lab/lab.ts';
import { threeNodes } from './e2e-cluster.ts';
import { expectSuccess, issue, leafOf } from './e2e-issue.ts';
import type { Undo } from './e2e-test.ts';

/** What delivers to a peer and what installs there, in one process or another, needs so long when it does well. */
const SETTLE_MS = 20_000;

/** The lab's nodes, the VIP on the first. When the test is over, nothing of a delivery may be left on any. */
export async function deliveryNodes(lab: Lab, undo: Undo): Promise<readonly [LabNode, LabNode, LabNode]> {
  undo(async () => await expectNothingUnderWay(lab.nodes));
  return await threeNodes(lab);
}

/** Issues with the deploy hook; then every node's nginx is configured for the lineage. Gives the serial number. */
export async function issueEverywhere(lab: Lab, from: LabNode, name: string, undo: Undo): Promise<string> {
  const result = await issue(lab, from, [name], { deployHook: 'certbot-ha-deploy' });
  expectSuccess(result);
  await useEverywhere(lab, name, undo);
  return await serialOf(from, name);
}

/** Every node's nginx serves the lineage, until the test is over. */
export async function useEverywhere(lab: Lab, name: string, undo: Undo): Promise<void> {
  await Promise.all(lab.nodes.map(async (node) => await useLineage(node, name, undo)));
}

async function useLineage(node: LabNode, name: string, undo: Undo): Promise<void> {
  const file = join(node.paths.nginxConfDir, `${name}.conf`);
  undo(async () => {
    await node.check(['rm', '-f', file]);
    await node.reloadNginx();
  });
  const live = `${node.paths.letsencrypt}/live/${name}`;
  await node.writeFile(
    file,
    `server {
    listen 443 ssl;
    server_name ${name};
    ssl_certificate ${live}/fullchain.pem;
    ssl_certificate_key ${live}/privkey.pem;
    return 200 "delivered\\n";
}
`,
  );
  await node.reloadNginx();
}

/** A file that nginx cannot read its configuration with. Gives what mends it before the test is over. */
export async function breakNginx(node: LabNode, undo: Undo): Promise<() => Promise<void>> {
  const file = join(node.paths.nginxConfDir, 'broken.conf');
  const mend = async () => {
    await node.check(['rm', '-f', file]);
  };
  undo(mend);
  await node.writeFile(file, 'this is no configuration;\n');
  return mend;
}

/** The serial number of the lineage's leaf as certbot has it on a node. */
export async function serialOf(node: LabNode, name: string): Promise<string> {
  return normal((await leafOf(node, name)).serialNumber);
}

/** What every node and every VIP shows to somebody from outside: serial numbers by name; null where none is shown. */
export async function servedBy(lab: Lab, name: string): Promise<Readonly<Record<string, string | null>>> {
  const targets = [
    ...lab.nodes.map((node) => [node.name, node.address] as const),
    ...lab.vips.map((vip) => ['vip', vip] as const),
  ];
  const seen = await Promise.all(
    targets.map(async ([target, address]) => [target, await serialAt(lab, address, name)] as const),
  );
  return Object.fromEntries(seen);
}

async function serialAt(lab: Lab, address: string, name: string): Promise<string | null> {
  const script = `timeout 5 openssl s_client -connect "$0:$1" -servername "$2" </dev/null 2>/dev/null |
    openssl x509 -noout -serial 2>/dev/null`;
  const { stdout } = await lab.ca.run(['sh', '-c', script, address, String(lab.ports.https), name]);
  const serial = /^serial=([0-9A-F]+)$/m.exec(stdout)?.[1];
  return serial === undefined ? null : normal(serial);
}

/** The same serial number everywhere, as `servedBy` gives it. */
export function everywhere(lab: Lab, serial: string): Readonly<Record<string, string>> {
  const names = [...lab.nodes.map((node) => node.name), ...lab.vips.map(() => 'vip')];
  return Object.fromEntries(names.map((name) => [name, serial]));
}

/** Every node and VIP serves the leaf, and certbot on every node has the lineage with it. */
export async function expectEverywhere(lab: Lab, name: string, serial: string): Promise<void> {
  expect(await servedBy(lab, name)).toEqual(everywhere(lab, serial));
  const lists = await Promise.all(
    lab.nodes.map(async (node) => [node.name, await serialByCertbot(lab, node, name)] as const),
  );
  expect(Object.fromEntries(lists)).toEqual(Object.fromEntries(lab.nodes.map((node) => [node.name, serial])));
}

/** As `certbot certificates` lists the lineage; it must not complain of any. */
async function serialByCertbot(lab: Lab, node: LabNode, name: string): Promise<string | null> {
  const { code, stdout } = await lab.certbot(node, ['certificates', '--cert-name', name]);
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.not.stringMatching(/INVALID|invalid/) });
  const serial = new RegExp(`Certificate Name: ${name}\\n\\s+Serial Number: ([0-9a-f]+)`).exec(stdout)?.[1];
  return serial === undefined ? null : normal(serial);
}

/** Resolves when a node shows this leaf to somebody from outside. */
export async function comesToServe(
  lab: Lab,
  node: LabNode,
  { name, serial, timeoutMs }: { readonly name: string; readonly serial: string; readonly timeoutMs: number },
): Promise<void> {
  await eventually(async () => (await serialAt(lab, node.address, name)) === serial, {
    timeoutMs,
    what: `${node.name} to serve the new certificate of ${name}`,
    everyMs: 200,
  });
}

/** The generation that live points at. */
export async function generationOn(node: LabNode, name: string): Promise<number> {
  const target = await node.check(['readlink', `${node.paths.letsencrypt}/live/${name}/cert.pem`]);
  return Number(/^\.\.\/\.\.\/archive\/.*\/cert(\d+)\.pem$/m.exec(target)?.[1]);
}

/** The ACME accounts that a node has, as paths below accounts/. */
export async function accountsOn(node: LabNode): Promise<readonly string[]> {
  const accounts = join(node.paths.letsencrypt, 'accounts');
  const found = await node.check(['find', accounts, '-name', 'private_key.json', '-printf', '%P\n']);
  return found.split('\n').filter(Boolean).toSorted();
}

/** What a node has still to deliver: `NODE LINEAGE`. */
export async function owedBy(node: LabNode): Promise<readonly string[]> {
  const { code, stdout } = await node.run(['cat', join(node.paths.stateDir, 'owed.json')]);
  if (code !== 0) return [];
  const debts = JSON.parse(stdout) as readonly { readonly node: string; readonly lineage: string }[];
  return debts.map((debt) => `${debt.node} ${debt.lineage}`);
}

/** Resolves when a node owes nobody anything any more. */
export async function debtsSettled(node: LabNode, timeoutMs = SETTLE_MS): Promise<void> {
  await eventually(async () => (await owedBy(node)).length === 0, {
    ...{ timeoutMs, what: `${node.name} to owe nothing any more` },
    everyMs: 200,
  });
}

/** A node that was away had its token left to the next run of the hooks: this one. */
export async function forgetTokens(from: LabNode, name: string): Promise<void> {
  await from.check(['certbot-ha', 'drill', name]);
}

/** The deploy hook's own lines, of what certbot says on stderr. */
export function deployComplaints({ stderr }: RunResult): string {
  return /Hook 'deploy-hook' ran with error output:\n([\s\S]*)/.exec(stderr)?.[1] ?? '';
}

/** Bundles, markers, journal entries and half-written files; what is being worked on gets the time to end. */
async function expectNothingUnderWay(nodes: readonly LabNode[]): Promise<void> {
  let left: readonly string[] = [];
  const isDone = async () => {
    left = (await Promise.all(nodes.map(underWayOn))).flat();
    return left.length === 0;
  };
  const what = 'deliveries to end';
  await eventually(isDone, { timeoutMs: SETTLE_MS, what, everyMs: 100 }).catch(async (cause: unknown) => {
    // The next test is not to fail for it too.
    await Promise.all(
      nodes.map(async (node) => {
        const inbox = join(node.paths.stateDir, 'inbox');
        await node.run([
          'find',
          join(inbox, 'bundles'),
          join(inbox, 'activated'),
          '-mindepth',
          '1',
          '-delete',
        ]);
      }),
    );
    throw new Error(`left of deliveries:\n${left.join('\n')}`, { cause });
  });
}

async function underWayOn(node: LabNode): Promise<readonly string[]> {
  const { stateDir, letsencrypt } = node.paths;
  const parts = ['inbox/bundles', 'inbox/activated', 'journal', 'requests'];
  const own = await node.run([
    'find',
    ...parts.map((part) => join(stateDir, part)),
    ...['-mindepth', '1', '-print'],
  ]);
  const half = ['(', '-name', '*.tmp', '-o', '-path', `${stateDir}/rsync-*`, ')'];
  const temporary = await node.run(['find', stateDir, letsencrypt, '-type', 'f', ...half, '-print']);
  return `${own.stdout}${temporary.stdout}`
    .split('\n')
    .filter(Boolean)
    .map((path) => `${node.name}: ${path}`);
}

/** However a program writes it: without leading zeros, lower case. */
function normal(serial: string): string {
  return BigInt(`0x${serial}`).toString(16);
}
