// @module-tag long
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CLONE } from '../lab/dist.ts';
import type { LabNode } from '../lab/lab.ts';
import {
  documented,
  openPackagedHosts,
  statesOf,
  AGENT,
  PLAIN,
  STANDALONE,
  UNITS,
  type PackagedHosts,
} from '../lab/scene/packaged.ts';
import { show } from '../lab/scene/units.ts';

const PLAYBOOK = 'packaging/ansible/certbot-ha.yml';
const KEY = '/etc/certbot-ha/cluster.key';
const CONFIG = '/etc/certbot-ha/config.yaml';
const PART = '/etc/nginx/snippets/certbot-ha.conf';
const PLAY_MS = 240_000;

/** ansible-core is this machine's, and so is what the hosts boot on. */
describe('the playbook, on a host with nothing of certbot-ha', () => {
  let hosts: PackagedHosts;
  let web1: LabNode;
  let inventory: string;
  let script: string;
  const playbook = async () => await readFile(join(CLONE, PLAYBOOK), 'utf8');

  beforeAll(async () => {
    const needs = ['ansible-core', 'python3-apt'];
    const wanted = (hasNode: boolean) => ({ now: [hasNode ? PLAIN : STANDALONE], before: [] }) as const;
    hosts = await openPackagedHosts(needs, wanted);
    if (hosts.lab.kind === 'loopback') return;
    web1 = hosts.lab.nodes[0] as LabNode;
    const file = await hosts.fileOf(hosts.hasNode ? PLAIN : STANDALONE, 'now');
    await hosts.bring(web1, file, '/root/clone/build/certbot-ha_1.2.3_all.deb');
    await web1.writeFile(`/root/clone/${PLAYBOOK}`, await playbook());
    inventory = `[certbot_ha]
web1 certbot_ha_address=${web1.address} ansible_connection=local
[certbot_ha:vars]
certbot_ha_vips=${JSON.stringify(hosts.lab.vips)}
certbot_ha_settings={'webroot': '/srv/acme'}
`;
    await web1.writeFile('/root/clone/inventory', inventory);
    script = `cd /root/clone\n${(await documented('\nansible-playbook ')).replace('VERSION', '1.2.3')}`;
  }, 900_000);
  afterAll(async () => await hosts.close());
  beforeEach(async ({ skip }) => {
    if (hosts.lab.kind === 'loopback') return skip(hosts.lab.reason ?? undefined);
    if ((await web1.run(['sh', '-c', 'command -v ansible-playbook'])).code !== 0)
      skip('ansible-core is not on the hosts');
  });

  const play = async (command = script) =>
    await web1.run(['bash', '-euc', command], {
      env: { HOME: '/root', LC_ALL: 'C.UTF-8', ANSIBLE_NOCOLOR: '1' },
      timeoutMs: PLAY_MS,
    });
  const isRunning = async () => expect(await statesOf(web1)).toEqual(UNITS.map(() => 'enabled active'));

  test('sets it up; a second run changes nothing', { timeout: 600_000 }, async () => {
    const first = await play();
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/changed=[1-9]\d* .*failed=0/) });
    await isRunning();
    expect(await web1.readFile(PART)).toContain('root /srv/acme;');
    expect(await show(web1, AGENT, 'ReadWritePaths')).toContain('/srv/acme');
    expect(await web1.readFile(KEY)).toBe(await web1.readFile('/root/clone/cluster.key'));
    expect(await web1.check(['stat', '--format=%a %U:%G', KEY])).toBe('640 root:certbot-ha\n');
    const pid = await show(web1, AGENT, 'MainPID');
    expect(await play()).toMatchObject({ code: 0, stdout: expect.stringMatching(/changed=0 .*failed=0/) });
    expect(await show(web1, AGENT, 'MainPID')).toBe(pid);
  });

  test('makes no second key where the node has one', { timeout: 300_000 }, async () => {
    const key = await web1.readFile(KEY);
    await web1.check(['mv', '/root/clone/cluster.key', '/root/kept.key']);
    expect(await play()).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('next: copy /etc/certbot-ha/cluster.key from a node'),
    });
    expect(await web1.readFile(KEY)).toBe(key);
    await web1.check(['mv', '/root/kept.key', '/root/clone/cluster.key']);
  });

  test('puts no configuration in place that is wrong', { timeout: 300_000 }, async () => {
    const config = await web1.readFile(CONFIG);
    const pid = await show(web1, AGENT, 'MainPID');
    await web1.writeFile('/root/clone/inventory', inventory.replace("'webroot'", "'webrot'"));
    expect(await play()).toMatchObject({ code: 2, stdout: expect.stringContaining('webrot') });
    expect(await web1.readFile(CONFIG)).toBe(config);
    expect(await show(web1, AGENT, 'MainPID')).toBe(pid);
    await isRunning();
    await web1.writeFile('/root/clone/inventory', inventory);
  });

  test(
    'restarts the agent for what has changed, though a later task fails',
    { timeout: 300_000 },
    async () => {
      // The task before the first look at changes, and one that fails for nginx alone.
      const failing = (await playbook()).replace(
        '    - name: The cluster key, the same on every node\n',
        '    - name: Fails\n      ansible.builtin.command: "false"\n\n$&',
      );
      expect(failing).toContain('name: Fails');
      await web1.writeFile(`/root/clone/${PLAYBOOK}`, failing);
      const changed = inventory.replace("'webroot': '/srv/acme'", "$&, 'gate': {'timeout': 7}");
      await web1.writeFile('/root/clone/inventory', changed);
      const pid = await show(web1, AGENT, 'MainPID');
      expect(await play()).toMatchObject({ code: 2, stdout: expect.stringContaining('TASK [Fails]') });
      expect(await web1.readFile(CONFIG)).toMatch(/timeout: 7/);
      expect(await show(web1, AGENT, 'MainPID')).not.toBe(pid);
      await isRunning();
    },
  );
});
