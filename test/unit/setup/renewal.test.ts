import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { configOf } from '../../../lib/cluster/config.ts';
import { renewalHere } from '../../../lib/setup/renewal.ts';
import { deadline } from '../../../lib/system/deadline.ts';
import { run } from '../../support/programs/program.ts';
import { expect, test } from '../../support/temporary.ts';

const HA = '/usr/local/bin/certbot-ha';
const DEBIANS =
  'SHELL=/bin/sh\n0 */12 * * * root test -x /usr/bin/certbot -a \\! -d /run/systemd/system && certbot -q renew\n';
const CERTBOT = '{ path=/usr/bin/certbot ; argv[]=/usr/bin/certbot -q renew ; }';
const SNAP =
  '{ path=/usr/bin/snap ; argv[]=/usr/bin/snap run --timer=00:00~24:00/2 certbot.renew ; ignore_errors=no ; }';
const ASKS = `{ path=/bin/sh ; argv[]=/bin/sh -c ${HA} is-issuer; code=$? ; }`;

/** As systemctl show prints them: a timer that is active, and its service. */
const timer = (name: string, command: string, condition = '') =>
  [
    `Id=${name}.timer\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\nUnit=${name}.service`,
    `Id=${name}.service\nLoadState=loaded\nActiveState=inactive\nUnitFileState=static\nExecStart=${command}\nExecCondition=${condition}`,
  ].join('\n\n');
const STOPPED =
  'Id=certbot.timer\nLoadState=loaded\nActiveState=inactive\nUnitFileState=disabled\nUnit=certbot.service';
const NOTHING = 'Id=certbot.timer\nLoadState=not-found\nActiveState=inactive\nUnitFileState=';

interface Host {
  readonly files?: Readonly<Record<string, string>>;
  /** what systemctl prints; absent: systemd does not run it */
  readonly shown?: string;
  readonly config?: string;
}

async function linesOn(
  directory: string,
  { files = {}, shown, config = 'vips: [192.0.2.10]' }: Host,
): Promise<readonly string[]> {
  const bin = join(directory, 'bin');
  await mkdir(bin);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text);
  }
  if (shown !== undefined) {
    await writeFile(join(bin, 'shown'), `${shown}\n`);
    await writeFile(join(bin, 'systemctl'), `#!/bin/sh\n/bin/cat '${join(bin, 'shown')}'\n`);
    await chmod(join(bin, 'systemctl'), 0o755);
  }
  const { nodes, ...rest } = configOf(
    '/etc/config.yaml',
    `nodes: {web1: 192.0.2.11, web2: 192.0.2.12}\n${config}`,
  );
  const [self, ...peers] = nodes;
  if (self === undefined) throw new Error('no node');
  const cluster = { config: { nodes, ...rest }, self, peers };
  const { signal } = new AbortController();
  const lines = await renewalHere(cluster, { env: { PATH: bin }, root: directory, signal });
  return lines.map((line) => line.replaceAll(directory, ''));
}

const OFF_CRON =
  "cp -p --backup=numbered /etc/cron.d/own /root/cron.d-own && sed -i -E '/certbot.*renew/s/^/#/' /etc/cron.d/own";

test.for<readonly [string, Host, readonly string[]]>([
  [
    "certbot's timer, which asks",
    { shown: timer('certbot', CERTBOT, ASKS), files: { 'etc/cron.d/certbot': DEBIANS } },
    ['# certbot.timer runs certbot renew, only on the node that has 192.0.2.10'],
  ],
  [
    'one that does not ask',
    { shown: timer('certbot-renew', CERTBOT) },
    [
      '# certbot-renew.timer runs certbot renew, whichever node this is',
      '# certbot-renew.service does not ask certbot-ha is-issuer: this node renews also when it is not the issuer [condition-missing]',
      'certbot-ha --config /etc/config.yaml install',
    ],
  ],
  [
    "somebody's own, by a script",
    {
      shown: timer('own', '{ path=/opt/renew ; argv[]=/opt/renew ; }'),
      files: { 'opt/renew': '#!/bin/sh\ncertbot -q renew\n' },
    },
    [
      '# own.timer runs certbot renew, whichever node this is',
      '# own.service does not ask certbot-ha is-issuer: this node renews also when it is not the issuer [condition-missing]',
      'certbot-ha --config /etc/config.yaml install --certbot-unit own.service',
    ],
  ],
  [
    'two, and which to stop',
    { shown: [timer('certbot', CERTBOT, ASKS), timer('snap.certbot.renew', SNAP, ASKS)].join('\n\n') },
    [
      '# certbot.timer runs certbot renew, only on the node that has 192.0.2.10',
      '# snap.certbot.renew.timer runs certbot renew, only on the node that has 192.0.2.10',
      '# certbot renew is run by 2 programs of this node: certbot.timer, snap.certbot.renew.timer [several-renewers]',
      'systemctl disable --now snap.certbot.renew.timer',
    ],
  ],
  [
    'cron beside the timer',
    {
      shown: timer('certbot', CERTBOT, ASKS),
      files: { 'etc/cron.d/own': `0 1 * * * root ${HA} is-issuer && certbot renew\n` },
    },
    [
      '# certbot.timer runs certbot renew, only on the node that has 192.0.2.10',
      '# /etc/cron.d/own runs certbot renew, only on the node that has 192.0.2.10',
      '# certbot renew is run by 2 programs of this node: certbot.timer, /etc/cron.d/own [several-renewers]',
      OFF_CRON,
    ],
  ],
  [
    "another user's crontab",
    { shown: NOTHING, files: { 'var/spool/cron/crontabs/admin': '0 1 * * * sudo certbot renew\n' } },
    [
      '# /var/spool/cron/crontabs/admin runs certbot renew, whichever node this is',
      '# /var/spool/cron/crontabs/admin does not ask certbot-ha is-issuer: this node renews also when it is not the issuer [condition-missing]',
      'grep -n certbot /var/spool/cron/crontabs/admin',
      `# put before certbot there: ${HA} --config /etc/config.yaml is-issuer &&`,
    ],
  ],
  [
    'nobody, with a timer that is stopped',
    { shown: STOPPED },
    [
      '# no timer and no cron job of this node runs certbot renew [nobody-renews]',
      'systemctl enable --now certbot.timer',
    ],
  ],
  [
    'nobody, with a timer that is masked',
    { shown: 'Id=certbot-renew.timer\nLoadState=masked\nActiveState=inactive\nUnitFileState=masked' },
    [
      '# no timer and no cron job of this node runs certbot renew [nobody-renews]',
      'systemctl unmask certbot-renew.timer && systemctl enable --now certbot-renew.timer',
    ],
  ],
  [
    'nobody, without certbot',
    { shown: NOTHING },
    [
      '# no timer and no cron job of this node runs certbot renew [nobody-renews]',
      "# install certbot's package, or its snap, which bring a timer",
      "systemctl list-unit-files '*certbot*.timer'",
      '# enable the one that it lists: systemctl enable --now TIMER',
    ],
  ],
  [
    'nobody, without systemd',
    {},
    [
      '# no timer and no cron job of this node runs certbot renew [nobody-renews]',
      'crontab -e',
      `# add there: 17 3,15 * * * ${HA} --config /etc/config.yaml is-issuer && certbot -q renew`,
    ],
  ],
  [
    'other clients',
    {
      shown: [
        timer('certbot', CERTBOT, ASKS),
        timer('lego', '{ argv[]=/usr/bin/lego --domains a.test renew ; }'),
      ].join('\n\n'),
      files: {
        'var/spool/cron/crontabs/root':
          '9 0 * * * "/root/.acme.sh"/acme.sh --cron --home "/root/.acme.sh" > /dev/null\n',
        'etc/cron.daily/dehydrated': '#!/bin/sh\nexec /usr/bin/dehydrated -c >/dev/null\n',
      },
    },
    [
      '# certbot.timer runs certbot renew, only on the node that has 192.0.2.10',
      '# /var/spool/cron/crontabs/root runs acme.sh: the certificates that it gets stay on this node [other-client-renews]',
      '# /etc/cron.daily/dehydrated runs dehydrated: the certificates that it gets stay on this node [other-client-renews]',
      '# lego.service runs lego: the certificates that it gets stay on this node [other-client-renews]',
    ],
  ],
  [
    'every node, without a VIP',
    { shown: timer('certbot', CERTBOT, ASKS), config: 'vips: []\ncertificates: {issuer: any}' },
    ['# certbot.timer runs certbot renew, on every node'],
  ],
  [
    'another node alone, by its name',
    { shown: STOPPED, config: 'vips: [192.0.2.10]\ncertificates: {issuer: web2}' },
    [],
  ],
])('tells of %s', async ([, host, lines], { directory }) => {
  expect(await linesOn(directory, host)).toEqual(lines);
});

const CLUSTER = () => {
  const config = configOf(
    '/etc/config.yaml',
    'nodes: {web1: 192.0.2.11, web2: 192.0.2.12}\nvips: [192.0.2.10]',
  );
  const [self, ...peers] = config.nodes;
  if (self === undefined) throw new Error('no node');
  return { config, self, peers };
};
/** As a stat on a mount whose file server is away. */
const never = async () => await new Promise<never>(() => {});

test('what switches cron off keeps a copy of each file, whatever its name', async ({ directory }) => {
  const names = ['cron.d/own', 'cron.daily/own'];
  const text = (name: string) => `#!/bin/sh\n# ${name}\n0 1 * * * root certbot renew\n`;
  const files = Object.fromEntries(names.map((name) => [`etc/${name}`, text(name)]));
  const lines = await linesOn(directory, { shown: timer('certbot', CERTBOT, ASKS), files });
  const kept = join(directory, 'kept');
  await mkdir(kept);
  const off = lines.find((line) => line.startsWith('cp ')) ?? '';
  const here = off.replaceAll(' /etc/', ` ${directory}/etc/`).replaceAll(' /root/', ` ${kept}/`);
  // Once more, as when only one of them was wanted: the copy before stays.
  for (let round = 0; round < 2; round += 1)
    expect(await run(['sh', '-euc', here])).toMatchObject({ code: 0 });
  const entries = await readdir(kept, { recursive: true, withFileTypes: true });
  const copies = await Promise.all(
    entries
      .filter((one) => one.isFile())
      .map(async (one) => await readFile(join(one.parentPath, one.name), 'utf8')),
  );
  for (const name of names) {
    expect(await readFile(join(directory, 'etc', name), 'utf8')).toMatch(/\n#+0 1 /);
    expect(copies).toContain(text(name));
  }
});

test('a file system that does not answer is said not to, and nobody waits for it', async ({ directory }) => {
  const options = { env: { PATH: directory }, root: directory, readFiles: never };
  expect(await renewalHere(CLUSTER(), { ...options, signal: deadline(20) })).toEqual([
    '# not known: who runs certbot renew on this node',
    '# a file of cron, or a script that it or a timer runs: the file system does not answer [file-system-silent]',
  ]);
  await expect(renewalHere(CLUSTER(), { ...options, signal: AbortSignal.abort() })).rejects.toThrow(
    /interrupted/,
  );
});
