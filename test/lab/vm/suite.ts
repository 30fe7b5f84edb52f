import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { RunResult } from '../contract.ts';
import { requireDist } from '../dist.ts';
import type { Vm, VmLab } from './machine.ts';
import { WEBROOT } from './mounted.ts';

export interface Challenge {
  readonly token: string;
  readonly validation: string;
}

export function makeChallenge(): Challenge {
  const token = randomBytes(32).toString('base64url');
  return { token, validation: `${token}.${randomBytes(32).toString('base64url')}` };
}

const VIP = '192.168.69.10';
const STATE = '/var/lib/certbot-ha';

/** certbot-ha on top of what nodes have mounted, with other keys of its configuration. */
export async function configure(
  nodes: readonly Vm[],
  timeoutSeconds: number,
  rest: object = {},
): Promise<void> {
  const config = {
    nodes: Object.fromEntries(nodes.map(({ name, address }) => [name, address])),
    vips: [VIP],
    transport: 'shared',
    webroot: WEBROOT,
    gate: { timeout: timeoutSeconds },
    ...rest,
  };
  for (const node of nodes) {
    await node.check(`mkdir -p /etc/certbot-ha ${STATE}/pending ${STATE}/shared
cat >/etc/certbot-ha/config.yaml <<'END'
${JSON.stringify(config)}
END`);
  }
}

/** As keepalived does. */
export async function giveVip(vm: Vm): Promise<void> {
  await vm.check(`ip address add ${VIP}/32 dev eth0`);
}

export async function takeVip(vm: Vm): Promise<void> {
  await vm.check(`ip address del ${VIP}/32 dev eth0`);
}

/** What is answered at the VIP, by whoever holds it; null for all but 200. */
export async function askVip(lab: VmLab, token: string): Promise<string | null> {
  return await lab.ask(`http://${VIP}/.well-known/acme-challenge/${token}`);
}

/** `certbot-ha` with what it prints, errors as well. */
export async function cli(vm: Vm, words: string, timeoutMs?: number): Promise<RunResult> {
  const dist = await requireDist();
  return await vm.run(`CERTBOT_HA_NODE=${vm.name} node ${join(dist, 'cli.js')} ${words}`, timeoutMs);
}

/** As certbot-ha-watch.service does. */
export async function watchInbox(vm: Vm): Promise<void> {
  const dist = await requireDist();
  await vm.check(
    `CERTBOT_HA_NODE=${vm.name} setsid node ${join(dist, 'installer.js')} --watch >/tmp/installer.log 2>&1 &`,
  );
}

/** What certbot runs, with what certbot says. */
export async function authHook(vm: Vm, challenge: Challenge, timeoutMs: number): Promise<RunResult> {
  const dist = await requireDist();
  const environment = {
    CERTBOT_DOMAIN: 'www.example.test',
    CERTBOT_ALL_DOMAINS: 'www.example.test',
    CERTBOT_REMAINING_CHALLENGES: '0',
    CERTBOT_TOKEN: challenge.token,
    CERTBOT_VALIDATION: challenge.validation,
    CERTBOT_HA_NODE: vm.name,
  };
  const words = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return await vm.run(`env ${words.join(' ')} node ${join(dist, 'hooks/auth.js')}`, timeoutMs);
}
