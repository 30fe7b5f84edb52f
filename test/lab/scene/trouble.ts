import { join } from 'node:path';
import { TOKENS_BELOW_WEBROOT } from '../../../lib/challenge/challenge.ts';
import { eventually } from '../eventually.ts';
import type { LabNode } from '../lab.ts';
import type { Stage } from './stage.ts';

/** What a disk lacks. */
export type Lack = 'blocks' | 'inodes';

const FILL: Readonly<Record<Lack, string>> = {
  blocks: 'dd if=/dev/zero of="$0/fill" bs=4k 2>/dev/null',
  // Where `:` cannot be redirected, the shell ends.
  inodes: 'i=0; while true 2>/dev/null >"$0/fill$i"; do i=$((i+1)); done',
};

/** A challenge directory on a disk of its own, which is small. */
export interface SmallDisk {
  /** Names in it, hidden ones too. */
  names(): Promise<readonly string[]>;
  fill(lack: Lack): Promise<void>;
  makeRoom(): Promise<void>;
}

/** Gives the agent of a node, which is started anew, such a disk until the test is over. */
export async function putSmallDisk({ undo }: Stage, node: LabNode): Promise<SmallDisk> {
  const directory = join(node.paths.webroot, TOKENS_BELOW_WEBROOT);
  const sh = async (script: string) => await node.check(['sh', '-c', script, directory]);
  undo(async () => {
    await node.stopService('agent');
    await sh('umount "$0"');
    await node.startService('agent');
  });
  await node.stopService('agent');
  const options = 'size=64k,nr_inodes=32,mode=0755,uid=$(id -u certbot-ha),gid=$(id -g certbot-ha)';
  await sh(`mount -t tmpfs -o "${options}" none "$0"`);
  await node.startService('agent');
  return {
    names: async () => (await sh('ls -A "$0"')).split('\n').filter(Boolean),
    fill: async (lack) => void (await sh(`{ ${FILL[lack]}; } 2>/dev/null; true`)),
    makeRoom: async () => void (await sh('rm -f "$0"/fill*')),
  };
}

const MUTE = `
const [host, port] = process.argv.slice(1);
require('node:net').createServer({ pauseOnConnect: true }, () => undefined).listen(Number(port), host);
`;

/** In the agent's place something takes connections and never reads, until what this gives is called, or the test is over. */
export async function muteAgent({ lab, undo }: Stage, node: LabNode): Promise<() => Promise<void>> {
  const port = String(lab.ports.agent);
  let isMute = true;
  const end = async () => {
    if (!isMute) return;
    isMute = false;
    await node.run(['systemctl', 'stop', 'mute']);
    await node.startService('agent');
  };
  undo(end);
  await node.stopService('agent');
  await node.check(['systemd-run', '--quiet', '--unit=mute', 'node', '-e', MUTE, node.address, port]);
  await eventually(async () => (await node.check(['ss', '-Htln', 'sport', '=', `:${port}`])) !== '', {
    ...{ timeoutMs: 10_000, what: 'something to listen in place of the agent' },
  });
  return end;
}

/** So many of a hundred packets do not arrive at these nodes, whatever they are; but who has the VIP, they tell each other. */
export async function losePackets(
  { undo }: Stage,
  nodes: readonly LabNode[],
  percent: number,
): Promise<void> {
  for (const node of nodes) {
    undo(async () => await node.run(['nft', 'delete', 'table', 'inet', 'loss']));
    await node.check(['nft', 'add table inet loss']);
    await node.check(['nft', 'add chain inet loss input { type filter hook input priority -10; }']);
    const which = `meta l4proto != vrrp numgen random mod 100 < ${percent}`;
    await node.check(['nft', `add rule inet loss input iifname eth0 ${which} counter drop`]);
  }
}

/** Packets that a node has lost so far. */
export async function lostOn(node: LabNode): Promise<number> {
  const listed = await node.check(['nft', 'list', 'table', 'inet', 'loss']);
  return Number(/counter packets (\d+)/.exec(listed)?.[1]);
}

/**
 * Presents tokens on an agent without end, over connections that are kept, and asks its web server for each while it is on its way. Says `pushing` when a hundred have arrived, and
 * once the file is there: how many have, how many were read, and what was served that is no whole one.
 */
export const PUSHING = `
import { existsSync, readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:https';
import http from 'node:http';
const [host, port, keyFile, stop] = process.argv.slice(2);
const psk = Buffer.from(readFileSync(keyFile, 'utf8').trim(), 'hex');
const tls = { ciphers: 'TLS_AES_128_GCM_SHA256', minVersion: 'TLSv1.3', ca: [], checkServerIdentity: () => undefined };
const agent = new Agent({ keepAlive: true });
let [pushed, read, isOver] = [0, 0, false];
const wrong = [];
const present = (challenges) => new Promise((resolve) => {
  const sent = request({ ...tls, host, port, agent, method: 'PUT', path: '/v1/challenges', timeout: 1_000,
    headers: { 'content-type': 'application/json' }, pskCallback: () => ({ psk, identity: 'web1' }) }, (answer) => {
    if (answer.statusCode === 200) pushed += challenges.length;
    answer.resume().on('close', resolve);
  });
  sent.on('timeout', () => sent.destroy()).on('error', () => setTimeout(resolve, 20));
  sent.end(JSON.stringify({ challenges }));
});
const look = ({ token, keyAuthorization }) => new Promise((resolve) => {
  const asked = http.get({ host, path: '/.well-known/acme-challenge/' + token, timeout: 1_000 }, async (answer) => {
    let text = '';
    answer.on('data', (chunk) => (text += chunk)).on('error', resolve).on('end', () => {
      if (answer.statusCode === 200) read += 1;
      if (answer.statusCode === 200 && text !== keyAuthorization) wrong.push(text);
      resolve();
    });
  });
  asked.on('timeout', () => asked.destroy()).on('error', () => setTimeout(resolve, 20));
});
const worker = async () => {
  while (!isOver) {
    const challenges = Array.from({ length: 20 }, () => {
      const token = 'pushed-' + randomBytes(27).toString('base64url');
      return { token, keyAuthorization: token + '.' + 'k'.repeat(43) };
    });
    let isSent = false;
    const sent = present(challenges).then(() => (isSent = true));
    while (!isSent) await look(challenges[Math.floor(Math.random() * challenges.length)]);
    await sent;
    if (pushed >= 100) process.stdout.write('pushing\\n');
  }
};
const until = setInterval(() => { isOver = existsSync(stop); }, 100);
await Promise.all([worker(), worker()]);
clearInterval(until);
process.stdout.write(JSON.stringify({ pushed, read, wrong }) + '\\n');
`;
