import { abilitiesOf } from '../../cluster/abilities.ts';
import { complaint, judged, skipped, type Check } from '../check.ts';

/** Every agent answers, and takes this node's key; this node's own agent too. */
export const agents: Check = {
  name: 'agents',
  run: async ({ cluster: { config }, agents }) => {
    const told = await agents();
    if (told === null) return skipped('without the cluster key no agent can be asked');
    const asked = told.filter(({ node }) => !node.isDrained);
    // Without them, nothing but the look at other nodes is lost there.
    const level = abilitiesOf(config).hasAgents ? 'fail' : 'warn';
    const complaints = asked.flatMap(({ node, answer }) =>
      answer.isOk ? [] : [complaint(level, answer.reason, { on: node, config })],
    );
    const drained = told.length - asked.length;
    return judged(
      complaints,
      `${asked.length} of ${told.length} answer${drained === 0 ? '' : `, ${drained} drained`}`,
    );
  },
};
