import { join } from 'node:path';
import { DIST } from '../../test/support/cluster/built.ts';
import { costOf } from '../cost.ts';
import { ratio, type Figure } from '../figure.ts';
import type { Fleet } from './fleet.ts';
import { hookEnvs } from './push.ts';

const ROUNDS = 15;
/** Two peers; with the VIP four targets. */
const NODES = 3;

/** A Node.js, and what its starts may take over its bare one. */
export interface Starter {
  readonly node: string;
  readonly called: string;
  readonly atMost: Readonly<Record<'gating' | 'installing', number>>;
}

/** In turns, in a bare environment: bare Node.js, the last auth hook of one name, and an installer that finds nothing. */
export async function measureStarts(
  { issuer }: Fleet,
  { node, called, atMost }: Starter,
): Promise<readonly Figure[]> {
  const times = { bare: [] as number[], gating: [] as number[], installing: [] as number[] };
  const timed = async (env: NodeJS.ProcessEnv, ...argv: readonly string[]) =>
    (await costOf(issuer.on([node, ...argv]), { env })).ms;
  const bare = issuer.env(NODES);
  // As its package has it: that of another Node.js goes.
  await timed(bare, join(DIST, 'compile.js'));
  for (let round = 0; round < ROUNDS; round += 1) {
    const [env = bare] = hookEnvs(bare, 1);
    times.bare.push(await timed(bare, '-e', '0'));
    times.gating.push(await timed(env, join(DIST, 'hooks/auth.js')));
    times.installing.push(await timed(bare, join(DIST, 'installer.js')));
    await timed(env, join(DIST, 'hooks/cleanup.js'));
  }
  return [
    ratio(`${called}: auth hook, 2 peers, 4 targets / node -e 0`, times.gating, times.bare, atMost.gating),
    ratio(
      `${called}: installer that finds nothing / node -e 0`,
      times.installing,
      times.bare,
      atMost.installing,
    ),
  ];
}
