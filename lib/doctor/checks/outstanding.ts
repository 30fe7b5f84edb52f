import { timeOf } from '../../lineage/generation.ts';
import { HOUR_MS } from '../../system/spans.ts';
import { complaint, judged, type Check } from '../check.ts';

/** Nothing is outstanding here; what is so for less than an hour may be on its way. */
export const outstanding: Check = {
  name: 'outstanding',
  run: async ({ cluster: { config }, state }) => {
    const drained = new Set(config.nodes.filter(({ isDrained }) => isDrained).map(({ name }) => name));
    const all = (await state.outstanding.list()).filter(({ node }) => !drained.has(node));
    const complaints = all.map(({ node, lineage, since }) =>
      complaint(
        Date.now() - Date.parse(since) > HOUR_MS ? 'fail' : 'warn',
        { code: 'outstanding-long', lineage, since: timeOf(since) },
        { of: node, config },
      ),
    );
    return judged(complaints, 'nothing');
  },
};
