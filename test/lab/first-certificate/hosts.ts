import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makePackages, successOf } from '../../support/packages.ts';
import { run } from '../../support/programs/program.ts';
import { CA_FILE } from '../booted/base.ts';
import type { Lab, LabNode } from '../contract.ts';
import { openLab } from '../lab.ts';
import { bring, hasNewNode, makeBare } from '../scene/bare.ts';
import { letRootIn } from '../scene/root-ssh.ts';

/**
 * Three hosts of the Debian that `CERTBOT_HA_LAB_ROOT` names with certbot, nginx and keepalived, and nothing of certbot-ha. The package
 * that fits is on the first.
 */
export async function openBareHosts(directory: string): Promise<Lab> {
  const lab = await openLab({ nodes: 3, install: false, webServerPort443: false });
  if (lab.kind === 'loopback') return lab;
  try {
    for (const node of lab.nodes) await takeAway(node, lab);
    await letRootIn(lab.nodes);
    const [web1] = lab.nodes;
    if (web1 !== undefined) await bringPackage(web1, directory);
    return lab;
  } catch (error) {
    await lab.close();
    throw error;
  }
}

/** What nobody has done, and what Debian has. */
async function takeAway(node: LabNode, lab: Lab): Promise<void> {
  await makeBare(node, lab);
  await node.check(['rm', `${node.paths.nginxConfDir}/http.conf`]);
  await node.check(['systemctl', 'enable', '--now', 'certbot.timer']);
  await node.reloadNginx();
}

async function bringPackage(node: LabNode, directory: string): Promise<void> {
  const isPlain = await hasNewNode(node);
  const kind = isPlain ? 'all' : successOf(await run(['dpkg', '--print-architecture'])).trim();
  await makePackages(directory, ['--for', kind]);
  const name = (await readdir(directory)).find((one) => one.endsWith(`_${kind}.deb`));
  if (name === undefined) throw new Error(`no package for ${kind} was made`);
  await bring(node, join(directory, name), `/root/${name}`);
}

/** As root types it on a host; resolves to what came, of both streams. Rejects where it fails. */
export async function typeOn(node: LabNode, command: string, timeoutMs = 120_000): Promise<string> {
  const argv = ['bash', '--norc', '-o', 'pipefail', '-c', `exec 2>&1; cd /root\n${command}`];
  const env = { REQUESTS_CA_BUNDLE: CA_FILE };
  const { code, stdout } = await node.run(argv, { timeoutMs, env });
  if (code !== 0) throw new Error(`${node.name}: exit ${code}:\n${command}\n${stdout}`);
  return stdout;
}
