import { abilitiesOf } from '../../cluster/abilities.ts';
import { shellWord } from '../../findings/area.ts';
import type { Finding } from '../../findings/register.ts';
import { typed, typedIf } from '../../findings/step.ts';
import type { Told } from '../agents-told.ts';
import type { Reaches } from '../answering.ts';
import { complaint, judged, skipped, type Check, type Complaint } from '../check.ts';
import { openPort } from '../next.ts';
import { carry, keyComplaints, type Here } from '../keys-compared.ts';
import { isReached } from '../reached.ts';

/** Every agent answers, and takes this node's key; this node's own agent too. */
export const agents: Check = {
  name: 'agents',
  run: async ({ cluster: { config }, agents, env }) => await judge(await agents(), { config, env }),
};

export async function judge(told: readonly Told[] | null, here: Here, reaches: Reaches = isReached) {
  const { config } = here;
  if (told === null) return skipped('without the cluster key no agent can be asked');
  const asked = told.filter(({ node }) => !node.isDrained);
  // Without them, nothing but the look at other nodes is lost there.
  const level = abilitiesOf(config).hasAgents ? 'fail' : 'warn';
  const complaints = [
    ...keyComplaints(asked, here),
    ...(await Promise.all(asked.map(async (one) => await silenceOf(one, here, reaches)))).flat(),
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
  here: Here,
  reaches: Reaches,
): Promise<readonly Complaint[]> {
  const { config } = here;
  if (answer.isOk || answer.reason.code === 'key-mismatch') return [];
  const plain = complaint('fail', answer.reason, { on: node, config });
  // What lets the other nodes in is for agents that are needed.
  if (!abilitiesOf(config).hasAgents) return [plain];
  const { address, agentPort: port, httpPort } = node;
  if (BY_FIREWALL.has(answer.reason.code) && (await reaches(address, httpPort))) {
    const found = { code: 'agent-port-filtered', port, other: httpPort } as const;
    return [complaint('fail', found, { on: node, config })];
  }
  if (BY_FIREWALL.has(answer.reason.code)) {
    const way = answer.reason.code === 'no-route-to-host' ? plain.next : [];
    const isThere = typedIf('if it is on', openPort(config), node.name);
    return [{ ...plain, next: [...way, ...typed(`ping -c 3 ${shellWord(address)}`), ...isThere] }];
  }
  if (isSelf || answer.reason.code !== 'connection-refused') return [plain];
  return [
    {
      ...plain,
      next: [
        ...plain.next,
        // A firewall may refuse just as a host does where nobody listens.
        ...typedIf('if it runs there', openPort(config), node.name),
        ...typedIf(`if ${node.name} was never set up`, carry(node, here, '--start')),
      ],
    },
  ];
}
