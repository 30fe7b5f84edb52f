import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { DIST } from '../../test/support/cluster/built.ts';
import { costOf } from '../cost.ts';
import type { Fleet } from './fleet.ts';
import { range } from './node.ts';
import { withNodes, type FleetCost } from './settle.ts';

const NAMES = 10;

/** What a batch's last auth hook takes, which pushes and gates all of it, in a cluster of so many nodes. */
export async function pushAndGate({ issuer }: Fleet, count: number): Promise<FleetCost> {
  const hooks = hookEnvs(issuer.env(count), NAMES);
  const hook = (kind: string) => issuer.on([process.execPath, join(DIST, 'hooks', `${kind}.js`)]);
  let last: FleetCost | null = null;
  for (const env of hooks) last = await withNodes(async () => await costOf(hook('auth'), { env }));
  for (const env of hooks) await costOf(hook('cleanup'), { env });
  if (last === null) throw new Error('no names');
  return last;
}

/** What certbot gives each hook of a batch of so many names, in their order. */
export function hookEnvs(env: NodeJS.ProcessEnv, count: number): readonly NodeJS.ProcessEnv[] {
  const names = range(count).map((number) => `name${number}.example.test`);
  return names.map((name, index) => {
    const token = randomBytes(32).toString('base64url');
    return {
      ...env,
      ...{ CERTBOT_DOMAIN: name, CERTBOT_ALL_DOMAINS: names.join(',') },
      ...{ CERTBOT_TOKEN: token, CERTBOT_VALIDATION: `${token}.${randomBytes(32).toString('base64url')}` },
      CERTBOT_REMAINING_CHALLENGES: String(count - 1 - index),
    };
  });
}
