// @module-tag long
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALL_OWN_UNITS, OWN_UNITS } from '../../lib/cluster/own-units.ts';
import { checkCommand } from '../lab/command.ts';
import { requireDist } from '../lab/dist.ts';
import { openLab, type Lab, type LabNode } from '../lab/lab.ts';
import { show } from '../lab/scene/units.ts';

const PROGRAMS = '/usr/local/lib/certbot-ha';
const OURS = "find /etc /usr /var -xdev -name '*certbot-ha*' | sort";
/** What uninstall leaves, and the programs, which it has not put there. */
const LEFT = /^(?:\/etc\/certbot-ha|\/var\/lib\/certbot-ha|\/usr\/local\/lib\/certbot-ha)/;

describe('install, on a host with nothing of certbot-ha', () => {
  let lab: Lab;
  let host: LabNode;
  let foreign: readonly string[];
  beforeAll(async () => {
    lab = await openLab({ nodes: 2, install: false, webServerPort443: false });
    host = lab.nodes[0] as LabNode;
    if (lab.kind === 'loopback') return;
    await host.check(['rm', '-rf', '/etc/certbot-ha', '/usr/share/nginx/letsencrypt']);
    foreign = await ours();
    await host.check(['sh', '-euc', `mkdir -p ${PROGRAMS}; base64 -d | tar -xz -C ${PROGRAMS}`], {
      input: await archive(),
    });
  });
  afterAll(() => lab.close());

  const ours = async () => (await host.check(['sh', '-c', OURS])).split('\n').filter(Boolean);
  const states = async () =>
    await Promise.all(
      OWN_UNITS.map(async (unit) =>
        [await show(host, unit, 'UnitFileState'), await show(host, unit, 'ActiveState')].join(' '),
      ),
    );

  test('puts it in place, starts what is configured, has nothing to do again, and takes it back', async (context) => {
    if (lab.kind === 'loopback') return context.skip(lab.reason ?? undefined);
    const renewal = async () => await host.check(['systemctl', 'start', 'certbot.service']);
    const first = await host.run([`${PROGRAMS}/cli.js`, 'install']);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toContain('nothing is enabled yet');
    expect(await states()).toEqual(OWN_UNITS.map(() => 'disabled inactive'));
    await renewal();
    await host.check(['test', '-s', '/var/log/letsencrypt/letsencrypt.log']);

    await host.writeFile('/etc/certbot-ha/config.yaml', lab.defaultConfig());
    const key = await host.check(['openssl', 'rand', '-hex', '32']);
    await host.writeFile('/etc/certbot-ha/cluster.key', key, { mode: 0o640, owner: 'root:certbot-ha' });
    expect(await host.run(['certbot-ha', 'install'])).toMatchObject({ code: 0, stderr: '' });
    expect(await states()).toEqual(OWN_UNITS.map(() => 'enabled active'));
    expect(await show(host, 'certbot.service', 'ExecCondition')).toContain(
      '/usr/local/bin/certbot-ha is-issuer',
    );
    const again = await host.run(['certbot-ha', 'install']);
    expect(again).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^nothing to do$/m) });

    // As doctor says of a drop-in and a unit that are missing.
    const [unit, dropIn] = ['certbot-ha-sync.timer', 'certbot.service.d/certbot-ha.conf'];
    await host.check(['sh', '-euc', `cd /etc/systemd/system; rm ${unit} ${dropIn}; systemctl daemon-reload`]);
    await host.check(['certbot-ha', 'install']);
    expect(await states()).toEqual(OWN_UNITS.map(() => 'enabled active'));

    const last = await host.run(['certbot-ha', 'uninstall']);
    expect(last).toMatchObject({ code: 0, stderr: '' });
    expect((await ours()).filter((path) => !LEFT.test(path))).toEqual(foreign);
    for (const name of ALL_OWN_UNITS) expect(await show(host, name, 'LoadState')).toBe('not-found');
    expect((await host.run(['pgrep', '-u', 'certbot-ha'])).stdout).toBe('');
    await host.check(['test', '!', '-e', '/usr/share/nginx/letsencrypt']);
    await host.check(['test', '-s', '/etc/certbot-ha/cluster.key']);
    const nothing = await host.run([`${PROGRAMS}/cli.js`, 'uninstall']);
    expect(nothing).toMatchObject({ code: 0, stdout: 'nothing to do\n', stderr: '' });
  });
});

/** dist/, as README copies it. */
async function archive(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'certbot-ha-install-'));
  try {
    await cp(await requireDist(), join(directory, 'dist'), { recursive: true });
    const pack = 'tar --owner=root --group=root --mode=a+rX -C "$0/dist" -cz . | base64';
    return await checkCommand(['sh', '-euc', pack, directory]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
