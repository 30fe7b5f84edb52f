import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configOf } from '../../../lib/cluster/config.ts';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import { stepsAfterInit, stepsAfterJoin } from '../../../lib/setup/next-steps.ts';
import { nodeSteps } from '../../../lib/setup/node-steps.ts';
import { run } from '../../support/programs/program.ts';
import { expect, test } from '../../support/temporary.ts';

const USUAL = '/etc/certbot-ha/config.yaml';

interface Said {
  readonly isReplaced?: boolean;
  readonly isStarted?: boolean;
  readonly env?: NodeJS.ProcessEnv;
}

function optionsOf(cluster: Cluster, { isReplaced = false, isStarted = false, env = {} }: Said) {
  return { steps: nodeSteps(cluster, { isReplaced, env }), isReplaced, isStarted, env, renewal: [] };
}
const afterInit = (cluster: Cluster, said: Said = {}) => stepsAfterInit(cluster, optionsOf(cluster, said));
const afterJoin = (cluster: Cluster, said: Said = {}) => stepsAfterJoin(optionsOf(cluster, said));

function clusterOf(text = '', file = USUAL): Cluster {
  const config = configOf(file, `nodes: {web1: 192.0.2.11, web2: '2001:db8::12'}\n${text}`);
  const [self, ...peers] = config.nodes;
  if (self === undefined) throw new Error('no node');
  return { config, self, peers };
}

/** What the programs of these names are called with when the lines are pasted into a shell. */
async function pasted(directory: string, lines: readonly string[], names: readonly string[]) {
  const [bin, calls] = [join(directory, 'bin'), join(directory, 'calls')];
  await mkdir(bin);
  for (const name of names) {
    await writeFile(join(bin, name), `#!/bin/sh\nprintf '%s|' ${name} "$@" >>${calls}\necho >>${calls}\n`);
    await chmod(join(bin, name), 0o755);
  }
  // As sshd has it: one string for a shell.
  await writeFile(join(bin, 'ssh'), '#!/bin/sh\nshift; cat >/dev/null; exec sh -c "$*"\n');
  await chmod(join(bin, 'ssh'), 0o755);
  const { code, stderr } = await run(['sh', '-c', lines.join('\n')], {
    env: { PATH: `${bin}:${process.env['PATH']}` },
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return (await readFile(calls, 'utf8')).trimEnd().split('\n');
}

test.for([
  ['', ['certbot-ha|init|--join|']],
  ["/srv/it's my/config.yaml", ["certbot-ha|--config|/srv/it's my/config.yaml|init|--join|"]],
] as const)(
  'what ssh is to run elsewhere arrives there as it is, with %j',
  async ([file, there], { directory }) => {
    const steps = afterInit(clusterOf('', file || USUAL));
    const carry = steps.filter((line) => line.includes(' | ssh '));
    expect(carry).toHaveLength(1);
    const calls = await pasted(directory, carry, ['certbot-ha']);
    expect(calls.filter((call) => call.includes('--join'))).toEqual(there);
  },
);

test('who has to be told here which node it is has to be told there', async ({ directory }) => {
  const steps = afterInit(clusterOf(), { isReplaced: true, env: { CERTBOT_HA_NODE: 'web1' } });
  const carry = steps.find((line) => line.includes(' | ssh ')) ?? '';
  expect(carry).toContain('ssh root@2001:db8::12 CERTBOT_HA_NODE=web2 certbot-ha init --join --force ');
  expect(await pasted(directory, [carry], ['certbot-ha'])).toContain('certbot-ha|init|--join|--force|');
  const own = afterJoin(clusterOf(), { isReplaced: false, env: { CERTBOT_HA_NODE: 'web1' } });
  for (const lines of [steps, own]) expect(lines.join('\n')).toContain('Environment=CERTBOT_HA_NODE=web1');
  expect(afterJoin(clusterOf()).join('\n')).not.toContain('Environment');
});

test.for([
  ['/srv/acme', 'ReadWritePaths=/srv/acme'],
  ['/srv/my acme', 'ReadWritePaths="/srv/my acme"'],
  ['/srv/100%', 'ReadWritePaths=/srv/100%%'],
  ["/srv/it's", `ReadWritePaths="/srv/it's"`],
  ['/srv/a"b c', `ReadWritePaths='/srv/a"b c'`],
] as const)('the agent may write to %s', async ([webroot, line], { directory }) => {
  const steps = afterInit(clusterOf(`webroot: ${JSON.stringify(webroot)}`));
  const own = steps.filter((step) => /install -d|webroot\.conf|daemon-reload/.test(step));
  const here = own.map((step) => step.replaceAll('/etc/systemd/system', `${directory}/units`));
  expect(await pasted(directory, here, ['install', 'systemctl'])).toEqual([
    `install|-d|-o|certbot-ha|-g|certbot-ha|${webroot}/.well-known/acme-challenge|`,
    'systemctl|daemon-reload|',
  ]);
  const dropIn = join(directory, 'units', 'certbot-ha-agent.service.d', 'webroot.conf');
  expect(await readFile(dropIn, 'utf8')).toBe(`[Service]\n${line}\n`);
});

test.for([
  ['/srv/config.yaml', 'Environment=CERTBOT_HA_CONFIG=/srv/config.yaml'],
  ['/srv/my 100%.yaml', 'Environment="CERTBOT_HA_CONFIG=/srv/my 100%%.yaml"'],
  [String.raw`/srv/a\b"c.yaml`, String.raw`Environment="CERTBOT_HA_CONFIG=/srv/a\\b\"c.yaml"`],
] as const)('the units, and certbot, read %s', async ([file, line], { directory }) => {
  const steps = afterInit(clusterOf('', file));
  const from = steps.findIndex((step) => step.startsWith('  for unit'));
  const here = steps
    .slice(from, from + 3)
    .map((step) => step.replaceAll('/etc/systemd/system', `${directory}/units`));
  expect(await pasted(directory, here, ['systemctl'])).toEqual(['systemctl|daemon-reload|']);
  for (const unit of ['certbot-ha-', 'certbot', 'snap.certbot.renew', 'certbot-renew']) {
    const dropIn = join(directory, 'units', `${unit}.service.d`, 'certbot-ha-config.conf');
    expect(await readFile(dropIn, 'utf8')).toBe(`[Service]\n${line}\n`);
  }
});

test('a web server that has no place for a part is not said to have one', () => {
  const steps = afterInit(clusterOf('webServer: {kind: haproxy}')).filter(
    (step) => !step.includes('firewall'),
  );
  expect(steps.join('\n')).toContain('certbot-ha snippet haproxy\n');
  expect(steps.join('\n')).not.toContain('--write');
});

test.for(['syncthing', 'unison'] as const)(
  '%s needs what its page tells, and the agents too',
  (transport) => {
    const steps = afterInit(clusterOf(`transport: ${transport}`)).join('\n');
    expect(steps).toContain(`docs/transports/${transport}.md`);
    expect(steps).toContain('snippet firewall');
    expect(steps).toContain('certbot-ha-agent');
  },
);

test.for(['rsync', 'shared'] as const)('%s needs what its page tells', (transport) => {
  const steps = afterInit(clusterOf(`transport: ${transport}`)).join('\n');
  expect(steps).toContain(`docs/transports/${transport}.md`);
  expect(steps).not.toContain('snippet firewall');
  const usual = afterInit(clusterOf()).join('\n');
  expect(usual).toContain(
    '  # if a firewall is active here, let the other nodes reach the agent: certbot-ha snippet firewall --write\n',
  );
  expect(usual).not.toContain('docs/transports');
});

test('with no web server of its own, and other files before', () => {
  const steps = afterInit(clusterOf('webServer: {kind: none}'), { isReplaced: true });
  expect(steps.join('\n')).toContain(
    'let port 80 serve /usr/share/nginx/letsencrypt/.well-known/acme-challenge/',
  );
  expect(steps).toContain('  systemctl restart certbot-ha-agent');
});

test.for([
  [
    'http',
    'certbot-ha-agent certbot-ha-installer.path certbot-ha-sync.path certbot-ha-sync.timer certbot-ha-doctor.timer',
  ],
  ['rsync', 'certbot-ha-installer.path certbot-ha-sync.timer certbot-ha-doctor.timer'],
  ['shared', 'certbot-ha-sync.timer certbot-ha-watch certbot-ha-doctor.timer'],
] as const)('with %s the units that it needs are enabled', ([transport, units]) => {
  const steps = afterInit(clusterOf(`transport: ${transport}`), { isReplaced: true });
  expect(steps).toContain(`  systemctl enable --now ${units}`);
  expect(steps.includes('  systemctl restart certbot-ha-agent')).toBe(transport === 'http');
  expect(afterInit(clusterOf(`transport: ${transport}`)).join('\n')).not.toContain('restart');
});

test('what --start has done is not to be typed again, and what it cannot do is', () => {
  const cluster = clusterOf('webServer: {kind: haproxy}');
  const env = { CERTBOT_HA_NODE: 'web1' };
  const steps = afterInit(cluster, { isStarted: true, env });
  expect(steps.join('\n')).toContain('init --join --start   # web2');
  expect(steps.join('\n')).not.toMatch(/enable|Environment/);
  expect(steps).toContain(
    '  # add what this prints to the configuration of haproxy: certbot-ha snippet haproxy',
  );
  // An empty line, its heading, and what --start does not do.
  expect(afterJoin(cluster, { isStarted: true, env })).toHaveLength(4);
  expect(afterJoin(clusterOf('webServer: {kind: none}\ntransport: http'), { isStarted: true })).toHaveLength(
    4,
  );
});

test('an agent that runs is given what its drop-ins say', () => {
  for (const cluster of [clusterOf('webroot: /srv/acme'), clusterOf('', '/srv/config.yaml')])
    expect(afterInit(cluster)).toContain('  systemctl restart certbot-ha-agent');
  const env = { CERTBOT_HA_NODE: 'web1' };
  expect(afterInit(clusterOf(), { env })).toContain('  systemctl restart certbot-ha-agent');
});
