import { whereNamesLead } from '../../gate/where-names-lead.ts';
import { counted } from '../../base/counted.ts';
import { complaint, judged, skipped, type Check } from '../check.ts';

/** DNS, this host's own ways and its resolver have 3 s each: once for names of nodes, and once for those of lineages. */
const LOOK_UP_MS = 25_000;

/** Every name leads to the cluster: A may lead to what does NAT before it, AAAA does not. */
export const dns: Check = {
  name: 'dns',
  timeoutMs: () => LOOK_UP_MS,
  run: async ({ cluster: { config }, names, signal }) => {
    const all = await names();
    if (all.length === 0) return skipped('no lineage here');
    const found = await whereNamesLead(config, all, signal);
    const complaints = found.map((one) =>
      complaint(
        one.code === 'aaaa-leads-elsewhere' || one.code === 'name-without-address' ? 'fail' : 'warn',
        one,
      ),
    );
    return judged(complaints, `${counted(all.length, 'name')} of lineages here`);
  },
};
