// @module-tag long
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runCommand, successOf } from '../lab/command.ts';
import { requireDist } from '../lab/dist.ts';
import { expect, test, type LabNode, type Scene } from '../lab/scene/scene.ts';
import { buildEarlier, EARLIER, STAMPLESS } from '../support/cluster/earlier-version.ts';

test.for([STAMPLESS, ...EARLIER])(
  'a cluster is upgraded from %s node by node, and renews after each: every node serves it, and nothing is outstanding',
  { timeout: 600_000 },
  async (commit, { scene, skip }) => {
    scene.needsHosts('units of another version');
    const directory = await mkdtemp(join(tmpdir(), 'certbot-ha-earlier-'));
    scene.undo(async () => await rm(directory, { recursive: true, force: true }));
    const earlier = await buildEarlier(commit, directory);
    if ('reason' in earlier) {
      console.warn(`skipped: an upgrade from ${commit} on booted hosts: ${earlier.reason}`);
      return skip(earlier.reason);
    }
    const [before, now] = await Promise.all([earlier.dist, await requireDist()].map(archiveOf));
    expect(before).not.toBe(now);
    const [web1, web2, web3] = scene.nodes;
    for (const node of scene.nodes) {
      const start = await scene.replace(node);
      await install(node, before);
      await start();
    }
    await scene.holdTimers();
    const names = scene.names('former', 3);
    for (const name of names) {
      await scene.issue(web1, name, { deploys: true });
      await scene.serve(name);
    }
    const [first = '', second = '', third = ''] = names;
    const stamps = async () => await Promise.all(scene.nodes.map(async (node) => await stampOn(node, first)));
    for (const stamp of await stamps()) expect(stamp === undefined).toBe(commit === STAMPLESS);

    await install(web1, now);
    await renewed(scene, web1, first);
    await scene.moveVip(web2);
    await renewed(scene, web2, first);
    await renewed(scene, web2, second);

    await install(web2, now);
    await renewed(scene, web2, third);
    await scene.moveVip(web3);
    await renewed(scene, web3, third);

    await install(web3, now);
    await renewed(scene, web3, second);
    await scene.moveVip(web1);
    await renewed(scene, web1, first);
    for (const node of scene.nodes) {
      expect(await node.run(['certbot-ha', 'sync'])).toMatchObject({ code: 0, stderr: '' });
      expect(await scene.outstanding(node)).toEqual([]);
      expect(await node.run(['certbot-ha', 'status', '--check'])).toMatchObject({ code: 0, stderr: '' });
    }
    const [stamp, ...others] = await stamps();
    expect(stamp).toBeDefined();
    expect(others).toEqual([stamp, stamp]);
    await scene.expectDelivered();
  },
);

async function stampOn(node: LabNode, name: string): Promise<string | undefined> {
  const record = await node.readFile(join(node.paths.stateDir, 'installed', `${name}.json`));
  return (JSON.parse(record) as { readonly stamp?: string }).stamp;
}

/** `certbot-ha.tar.gz` of step 1 by hand, in base64. */
async function archiveOf(dist: string): Promise<string> {
  const argv = ['sh', '-euc', 'tar --owner=root --group=root --mode=a+rX -C "$0" -cz dist systemd | base64'];
  const pack = [...argv, dirname(dist)];
  return successOf(pack, await runCommand(pack));
}

/** Step 2 by hand, as docs/cluster-life.md says of an upgrade. */
const INSTALL = `cd /root
base64 -d | tar -xz
rm -rf /usr/local/lib/certbot-ha
mv dist /usr/local/lib/certbot-ha
cd /usr/local/lib/certbot-ha/hooks
for hook in auth cleanup; do
  # Earlier versions have no launchers.
  [ -e certbot-ha-$hook ] && to=certbot-ha-$hook || to=$hook.js
  ln -sf ../lib/certbot-ha/hooks/$to /usr/local/bin/certbot-ha-$hook
done
cd /root
install -D -m 0644 systemd/sysusers.d/certbot-ha.conf /etc/sysusers.d/certbot-ha.conf
install -D -m 0644 systemd/tmpfiles.d/certbot-ha.conf /etc/tmpfiles.d/certbot-ha.conf
install -m 0644 -t /etc/systemd/system systemd/certbot-ha-*
install -D -m 0644 systemd/certbot.service.d/certbot-ha.conf /etc/systemd/system/certbot.service.d/certbot-ha.conf
systemd-sysusers /etc/sysusers.d/certbot-ha.conf
systemd-tmpfiles --create /etc/tmpfiles.d/certbot-ha.conf
rm -r systemd
systemctl daemon-reload
systemctl restart certbot-ha-agent`;

async function install(on: LabNode, archive = ''): Promise<void> {
  await on.check(['sh', '-euc', INSTALL], { input: archive });
}

async function renewed(scene: Scene, on: LabNode, name: string): Promise<void> {
  const before = await scene.serial(on, name);
  await scene.renew(on, name);
  const serial = await scene.serial(on, name);
  expect(serial).not.toBe(before);
  await scene.expectEverywhere(name, serial);
  await scene.nothingOutstanding(on);
}
