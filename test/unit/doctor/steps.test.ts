import { transportsOf } from '../../../lib/cluster/abilities.ts';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nextFor } from '../../../lib/doctor/next.ts';
import { challenges } from '../../../lib/doctor/checks/challenges.ts';
import type { Verdict } from '../../../lib/gate/verdict.ts';
import type { Finding } from '../../../lib/findings/register.ts';
import { runCommand } from '../../../lib/system/run-command.ts';
import { test as inDirectory } from '../../support/temporary.ts';
import { configIn, healthy, shownSteps, stepsIn, told } from './healthy.ts';

/** The commands of a finding, of which none is for another node. */
const typedFor = (...given: Parameters<typeof nextFor>) =>
  nextFor(...given)
    .flatMap(({ command }) => command ?? [])
    .join('; ');
const iniStep = (file: string, key: string, value: string) =>
  typedFor({ code: 'cli-ini-overrides', file, key, value });

test('a command of cli.ini is moved to where certbot runs it besides', () => {
  const hooks = '/etc/letsencrypt/renewal-hooks/deploy';
  expect(iniStep('/etc/letsencrypt/cli.ini', 'deploy-hook', "echo 'a b'")).toBe(
    `mkdir -p ${hooks} && printf '#!/bin/sh\\n%s\\n' 'echo '\\''a b'\\''' >>${hooks}/from-cli-ini && ` +
      `chmod 755 ${hooks}/from-cli-ini && cp -p --backup=numbered /etc/letsencrypt/cli.ini /etc/letsencrypt/cli.ini.before && sed -i -E '/^[[:space:]]*(--)?deploy-hook([[:space:]:=]|$)/d' /etc/letsencrypt/cli.ini`,
  );
  // Of what is shown in part nothing can be made.
  expect(iniStep('/x', 'deploy-hook', 'x'.repeat(100))).toBe('');
  // Somebody may need it.
  expect(iniStep('/x', 'manual-auth-hook', 'mine')).toBe('');
  const certificates = { ...configIn('/srv').certificates, configDir: '/srv/a b' };
  const found = { code: 'cli-ini-overrides', file: '/x', key: 'deploy-hook', value: 'y' } as const;
  expect(typedFor(found, configIn('/srv', { certificates }))).toMatch(
    /^mkdir -p '\/srv\/a b\/renewal-hooks\/deploy' && .*chmod 755 '\/srv\/a b\/renewal-hooks\/deploy\/from-cli-ini'/,
  );
});

test('certbot is asked again by nobody but who renews, and never for having failed', () => {
  const late = { code: 'renewal-late', lineage: 'a b', due: 'x', notAfter: 'y' } as const;
  expect(typedFor(late as never)).toBe("certbot-ha is-issuer && certbot renew --cert-name 'a b'");
  expect(typedFor({ code: 'unit-failed', unit: 'certbot.service' })).toBe(
    'journalctl -u certbot.service -n 50',
  );
});

test('a step reads the configuration by which it was found', () => {
  const config = configIn('/srv', { file: '/srv/a b.yaml' });
  const other = "certbot-ha --config '/srv/a b.yaml' ";
  const found = [
    { code: 'agent-port-filtered', port: 9480, other: 80 },
    { code: 'outstanding-long', lineage: 'a.test', since: 'x' },
    { code: 'unit-missing', unit: 'x' },
    { code: 'token-not-found', server: 'nginx', origin: null },
  ] as const;
  for (const one of found) expect(typedFor(one, config)).toContain(other);
});

const targetOf = (which: 'node' | 'vip') => {
  const node = configIn('/srv').nodes[1] ?? null;
  const [name, address] = which === 'node' ? ['web2', '192.0.2.2'] : ['vip 192.0.2.10', '192.0.2.10'];
  const ports = { httpPort: 80, httpsPort: 443, isSelf: false, isDrained: false };
  return { kind: which, name, address, ...ports, node: which === 'node' ? node : null };
};

async function stepOf(which: 'node' | 'vip', reason: Finding, holder = 1): Promise<readonly string[]> {
  const report = { target: targetOf(which), state: 'failing', reason, unsent: null };
  const targets = [{ ...report, attempts: 1, elapsedMs: 1, missing: ['a.test'] }];
  const verdict = { isMet: false, elapsedMs: 1, targets } as unknown as Verdict;
  const config = configIn('/srv');
  const vips = { vips: ['192.0.2.10'] };
  const agents = async () => config.nodes.map((_, at) => told(config, at, 0, at === holder ? vips : {}));
  const outcome = await challenges.run(healthy('/srv', { drill: async () => verdict, agents }));
  return stepsIn(outcome)[0] ?? [];
}

const NOT_FOUND = { code: 'token-not-found', server: 'nginx', origin: null } as const;
const snippetOn = (node: string) => [
  `next: ${node}certbot-ha snippet nginx --write`,
  `to do: ${node}in each server for port 80: include snippets/certbot-ha.conf;`,
  `next: ${node}nginx -t && systemctl reload nginx`,
];

test('what a VIP lacks is put right on the node that holds it', async () => {
  expect(await stepOf('vip', NOT_FOUND)).toEqual(snippetOn('on web2: '));
  expect(await stepOf('vip', NOT_FOUND, 9)).toEqual(snippetOn(''));
});

test('the step at a node is by what it answers', async () => {
  expect(await stepOf('node', NOT_FOUND)).toEqual(snippetOn('on web2: '));
  expect(await stepOf('node', { code: 'token-forbidden', server: 'nginx', origin: null })).toEqual([
    'next: on web2: namei -l /srv/.well-known/acme-challenge',
    ...snippetOn('on web2: '),
  ]);
  const [first] = await stepOf('node', { code: 'agent-refuses', status: 500, detail: 'x' });
  expect(first).toMatch(
    /^next: on web2: test -d (\S+) \|\| install -d \1; chown certbot-ha:certbot-ha \1; chmod u\+rwx,go\+rx \1; /,
  );
});

test('below what nodes share nothing is made that may not be mounted', () => {
  const found = { code: 'webroot-missing', directory: '/srv' } as const;
  const shared = typedFor(found, configIn('/srv', { transport: transportsOf('shared') }));
  expect(shared).toBe('findmnt -T /srv; namei -l /srv; df -h /srv');
  expect(typedFor(found, configIn('/srv'))).toMatch(/^test -d \/srv \|\| install -d \/srv; /);
});

inDirectory('each time that a line is taken out, a copy stays', async ({ directory }) => {
  const file = join(directory, 'cli.ini');
  await writeFile(file, 'authenticator = nginx\nserver = x\nquiet = true\n');
  for (const key of ['authenticator', 'server'])
    await runCommand(['sh', '-c', iniStep(file, key, 'x')], { timeoutMs: 5_000 });
  expect(await readFile(file, 'utf8')).toBe('quiet = true\n');
  expect((await readdir(directory)).toSorted()).toEqual(['cli.ini', 'cli.ini.before', 'cli.ini.before.~1~']);
});

test('a web server that does not run is started, but for a standby, and may not listen there', async () => {
  const found = { code: 'connection-refused', who: 'node', port: 80, error: 'E' } as const;
  const stepFor = (runsOn: 'all' | 'holder') => {
    const { webServer, ...config } = configIn('/srv');
    return shownSteps(nextFor(found, { ...config, webServer: { ...webServer, runsOn } }));
  };
  const site = 'to do: if nginx runs, and nothing listens on port 80: configure a site that listens there';
  expect(stepFor('all')).toEqual(["next: systemctl start nginx; ss -ltnp 'sport = :80'", site]);
  expect(stepFor('holder')).toEqual(["next: systemctl status nginx; ss -ltnp 'sport = :80'", site]);
});

inDirectory('what fills a file system is shown, the largest last', async ({ directory }) => {
  const step = typedFor({ code: 'little-room', directory, mebibytes: 0 });
  const inodes = typedFor({ code: 'few-inodes', directory, inodes: 0 });
  // Of this directory, and not of all that is on its file system.
  const here = (text: string) => text.replace(/"\$\(.*?\)"/, directory);
  await runCommand(
    ['sh', '-c', `cd ${directory} && head -c 300000 /dev/zero >large && mkdir many && touch many/1 many/2`],
    {
      timeoutMs: 5_000,
    },
  );
  const lastOf = async (line: string) =>
    (await runCommand(['sh', '-c', here(line)], { timeoutMs: 5_000 })).stdout.trim().split('\n').at(-2);
  expect(await lastOf(step)).toMatch(/^\d+K\s.*\/large$/);
  expect(await lastOf(inodes)).toMatch(/^3\s.*\/many$/);
  expect(step).toContain(`df --output=target ${directory} `);
  // What is not there yet is on the file system of what is above it.
  const absent = typedFor({ code: 'little-room', directory: `${directory}/not/yet`, mebibytes: 0 });
  const mountOf = async (line: string) =>
    (await runCommand(['sh', '-c', `echo ${/"\$\(.*?\)"/.exec(line)?.[0]}`], { timeoutMs: 5_000 })).stdout;
  expect(await mountOf(absent)).toBe(await mountOf(step));
  expect(await mountOf(absent)).toMatch(/^\/.*\n$/);
});
