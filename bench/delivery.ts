import { join } from 'node:path';
import type { Lab, LabNode } from '../test/lab/contract.ts';
import { costOn } from './cost.ts';
import { medianOf, ratio, type Figure } from './figure.ts';

const ROUNDS = 7;
/** The canary, the backups and the holder follow one another: three rounds are the least. */
const PHASES = 3;
const AT_MOST = 1.3;
const NAME = 'delivery.example.test';
/** A web server that has more to read takes longer for each of its three loads. */
const MANY_SITES = 200;
const PEAK_AT_MOST_MB = 60;
/** Fewer: what an installer costs differs little. */
const COST_ROUNDS = 3;
const TEST_AND_RELOAD = ['sh', '-c', 'nginx -t && systemctl reload nginx'];

/**
 * Runs inside the issuer's host: from the start of a program to the moment at which every target has
 * shown the new leaf three times in a row, since nginx lets its old workers answer for 100 ms beside
 * the new ones; and until the program has ended.
 */
const PROGRAM = `
const { spawn } = require('node:child_process');
const { connect } = require('node:tls');
const { X509Certificate } = require('node:crypto');
const { readFileSync } = require('node:fs');
const [directory, name, targets, ...argv] = process.argv.slice(1);
const wanted = targets && new X509Certificate(readFileSync(directory + '/cert.pem')).fingerprint256;
const look = (host) => new Promise((resolve) => {
  const socket = connect({ host, port: 443, servername: name, rejectUnauthorized: false }, () => {
    resolve(socket.getPeerX509Certificate().fingerprint256 === wanted);
    socket.destroy();
  });
  socket.on('error', () => resolve(false));
});
(async () => {
  const started = performance.now();
  const child = spawn(argv[0], argv.slice(1), { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => { said += chunk; });
  const ended = new Promise((resolve) => child.on('close', (code) => resolve({ code, at: performance.now() })));
  let code = null;
  ended.then((end) => { code = end.code; });
  const until = async (host) => {
    for (let row = 0; row < 3; ) {
      row = (await look(host)) ? row + 1 : 0;
      if (row > 0) continue;
      if (code !== null && code !== 0) throw new Error(argv.join(' ') + ': exit ' + code + ': ' + said);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  // One after another: the last one to serve it counts, and looking at all would take a core for itself.
  for (const host of targets.split(',').filter(Boolean)) await until(host);
  const served = performance.now() - started;
  const end = await ended;
  if (end.code !== 0) throw new Error(argv.join(' ') + ': exit ' + end.code + ': ' + said);
  console.log(JSON.stringify({ served, ended: end.at - started }));
})();
`;

interface Times {
  /** milliseconds until all targets had shown it */
  readonly served: number;
  /** milliseconds until the program had ended */
  readonly ended: number;
}

/** A renewed certificate from the deploy hook's start until it is served everywhere, and what that costs. */
export async function measureDelivery(lab: Lab): Promise<readonly Figure[]> {
  const node = await lab.holder();
  const backup = lab.nodes.find((other) => other !== node) ?? node;
  await issueFirst(lab, node);
  await serveSites(lab, 1);
  const figures = [...(await measureRollOut(lab, node, '')), ...(await measureInstaller(lab, node, backup))];
  await serveSites(lab, MANY_SITES);
  return [...figures, ...(await measureRollOut(lab, node, `, ${MANY_SITES} sites with TLS each`))];
}

async function measureRollOut(lab: Lab, node: LabNode, where: string): Promise<readonly Figure[]> {
  const everywhere = [...lab.nodes.map(({ address }) => address), ...lab.vips];
  const served: number[] = [];
  const ended: number[] = [];
  const alone: number[] = [];
  const told: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await renew(lab, node);
    const onOne = await timed(node, [node.address], TEST_AND_RELOAD);
    alone.push(onOne.served);
    told.push(onOne.ended);
    await renew(lab, node);
    const onAll = await timed(node, everywhere, ['env', ...deployEnvironment(node), 'certbot-ha-deploy']);
    served.push(onAll.served);
    ended.push(onAll.ended);
  }
  const from = 'nginx -t and reload on one';
  return [
    ratio(
      `deploy until 3 nodes and VIP serve it / three rounds of ${from} until it serves it${where}`,
      served,
      alone.map((ms) => ms * PHASES),
      AT_MOST,
    ),
    ratio(`deploy until 3 nodes and VIP serve it / ${from} until it serves it${where}`, served, alone),
    ratio(`deploy hook until its end / the same${where}`, ended, alone),
    ratio(`deploy until 3 nodes and VIP serve it / ${from} until systemctl returns${where}`, served, told),
  ];
}

/** Runs `argv` on the node, with no target only to its end. */
async function timed(node: LabNode, targets: readonly string[], argv: readonly string[]): Promise<Times> {
  const live = join(node.paths.letsencrypt, 'live', NAME);
  const text = await node.check(['node', '-e', PROGRAM, '--', live, NAME, targets.join(','), ...argv]);
  return JSON.parse(text) as Times;
}

const COST_FILE = '/run/installer-cost';
const DROP_IN = '/etc/systemd/system/certbot-ha-installer.service.d/cost.conf';
/** The installer with all that it runs: CPU seconds, and the kilobytes of the largest process. */
const COST_PROGRAM = `
import json, resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
open('${COST_FILE}', 'w').write(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss]))
sys.exit(code)
`;

/** What a run of the installer costs a peer. systemd tells the peak of memory from version 254 on only. */
async function measureInstaller(lab: Lab, node: LabNode, peer: LabNode): Promise<readonly Figure[]> {
  await peer.writeFile('/usr/local/lib/installer-cost.py', COST_PROGRAM);
  const command = 'python3 /usr/local/lib/installer-cost.py /usr/local/bin/certbot-ha-installer';
  await peer.writeFile(DROP_IN, `[Service]\nExecStart=\nExecStart=${command}\n`);
  await peer.check(['systemctl', 'daemon-reload']);
  const cpu: number[] = [];
  const peak: number[] = [];
  const deploying: number[] = [];
  for (let round = 0; round < COST_ROUNDS; round += 1) {
    await renew(lab, node);
    const { peakMb } = await costOn(node, ['env', ...deployEnvironment(node), 'certbot-ha-deploy']);
    deploying.push(peakMb);
    const [seconds, kilobytes] = JSON.parse(await peer.readFile(COST_FILE)) as [number, number];
    cpu.push(seconds * 1000);
    peak.push(kilobytes / 1000);
  }
  await peer.check(['rm', DROP_IN]);
  await peer.check(['systemctl', 'daemon-reload']);
  return [
    medianOf('installer run, CPU time with nginx -t and reload', cpu, { unit: 'ms' }),
    medianOf('installer run, peak memory', peak, { unit: 'MB', atMost: PEAK_AT_MOST_MB }),
    medianOf('deploy hook, peak memory', deploying, { unit: 'MB', atMost: PEAK_AT_MOST_MB }),
  ];
}

/** A first certificate that is on every node. */
async function issueFirst(lab: Lab, node: LabNode): Promise<void> {
  await renew(lab, node);
  await node.check(['env', ...deployEnvironment(node), 'certbot-ha-deploy']);
}

/** So many sites on every node that use it. */
async function serveSites(lab: Lab, count: number): Promise<void> {
  for (const node of lab.nodes) {
    const live = join(node.paths.letsencrypt, 'live', NAME);
    const site = (name: string) => `server {
    listen 443 ssl;
    server_name ${name};
    ssl_certificate ${live}/fullchain.pem;
    ssl_certificate_key ${live}/privkey.pem;
    return 200;
}
`;
    const names = [NAME, ...Array.from({ length: count - 1 }, (_, index) => `site${index}.example.test`)];
    await node.writeFile(`${node.paths.nginxConfDir}/delivery.conf`, names.map(site).join(''));
    await node.reloadNginx();
  }
}

function deployEnvironment(node: LabNode): readonly string[] {
  return [`RENEWED_LINEAGE=${join(node.paths.letsencrypt, 'live', NAME)}`, `RENEWED_DOMAINS=${NAME}`];
}

/** A new certificate in live, which nobody has been told of. */
async function renew(lab: Lab, node: LabNode): Promise<void> {
  const hooks = ['--manual-auth-hook', 'certbot-ha-auth', '--manual-cleanup-hook', 'certbot-ha-cleanup'];
  const how = ['--manual', '--preferred-challenges', 'http', ...hooks, '--force-renewal', '-d', NAME];
  const { code, stdout, stderr } = await lab.certbot(node, ['certonly', ...how]);
  if (code !== 0) throw new Error(`certbot ended with ${code}:\n${stdout}\n${stderr}`);
}
