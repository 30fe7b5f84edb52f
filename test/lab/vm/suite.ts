import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { RunResult } from '../contract.ts';
import { requireDist } from '../dist.ts';
import type { Vm } from './machine.ts';
import { WEBROOT } from './mounted.ts';

export interface Challenge {
  readonly token: string;
  readonly validation: string;
}

export function makeChallenge(): Challenge {
  const token = randomBytes(32).toString('base64url');
  return { token, validation: `${token}.${randomBytes(32).toString('base64url')}` };
}

const STATE = '/var/lib/certbot-ha';

/** certbot-ha on top of what all nodes have mounted; the second holds the VIP. */
export async function configure(nodes: readonly Vm[], timeoutSeconds: number): Promise<void> {
  const [, holder] = nodes;
  const config = {
    nodes: Object.fromEntries(nodes.map(({ name, address }) => [name, address])),
    vips: ['192.168.69.10'],
    transport: 'shared',
    webroot: WEBROOT,
    gate: { timeout: timeoutSeconds },
  };
  for (const node of nodes) {
    await node.check(`mkdir -p /etc/certbot-ha ${STATE}/pending ${STATE}/shared
cat >/etc/certbot-ha/config.yaml <<'END'
${JSON.stringify(config)}
END`);
  }
  await holder?.check('ip address add 192.168.69.10/32 dev eth0');
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
