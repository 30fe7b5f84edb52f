import { abilitiesOf } from '../../cluster/abilities.ts';
import type { Config } from '../../cluster/config.ts';
import { shellWord } from '../../findings/area.ts';
import type { Finding } from '../../findings/register.ts';
import type { Told } from '../agents-told.ts';
import { complaint, judged, skipped, type Check, type Complaint } from '../check.ts';
import { openPort } from '../next.ts';
import { keyComplaints } from '../keys-compared.ts';
import { isReached } from '../reached.ts';

/** Every agent answers, and takes this node's key; this node's own agent too. */
export const agents: Check = {
  name: 'agents',
  run: async ({ cluster: { config }, agents }) => await judge(await agents(), config),
};

type Reaches = (host: string, port: number) => Promise<boolean>;

export async function judge(told: readonly Told[] | null, config: Config, reaches: Reaches = isReached) {
  if (told === null) return skipped('without the cluster key no agent can be asked');
  const asked = told.filter(({ node }) => !node.isDrained);
  // Without them, nothing but the look at other nodes is lost there.
  const level = abilitiesOf(config).hasAgents ? 'fail' : 'warn';
  const complaints = [
    ...keyComplaints(asked, config),
    ...(await Promise.all(asked.map(async (one) => await silenceOf(one, config, reaches)))).flat(),
  ];
  const drained = told.length - asked.length;
  return judged(
    complaints.map((one) => ({ ...one, level })),
    `${asked.filter(({ answer }) => answer.isOk).length} of ${told.length} answer${drained === 0 ? '' : `, ${drained} drained`}`,
  );
}

/** So it looks where a firewall drops what it does not know, or says that it is forbidden. */
const BY_FIREWALL: ReadonlySet<Finding['code']> = new Set(['connection-timed-out', 'no-route-to-host']);

async function silenceOf(
  { node, isSelf, answer }: Told,
  config: Config,
  reaches: Reaches,
): Promise<readonly Complaint[]> {
  if (answer.isOk || answer.reason.code === 'key-mismatch') return [];
  const plain = complaint('fail', answer.reason, { on: node, config });
  // What lets the other nodes in is for agents that are needed.
  if (!abilitiesOf(config).hasAgents) return [plain];
  const { address, agentPort: port, httpPort } = node;
  if (BY_FIREWALL.has(answer.reason.code) && (await reaches(address, httpPort))) {
    const found = { code: 'agent-port-filtered', port, other: httpPort } as const;
    return [complaint('fail', found, { on: node, config })];
  }
  if (BY_FIREWALL.has(answer.reason.code))
    return [{ ...plain, next: `ping -c 3 ${shellWord(address)}  # if it is on, there: ${openPort(config)}` }];
  if (isSelf || answer.reason.code !== 'connection-refused') return [plain];
  // A firewall may refuse just as a host does where nobody listens.
  return [{ ...plain, next: `${plain.next}  # if it runs there: ${openPort(config)}` }];
}
