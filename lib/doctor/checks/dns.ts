import { whereNamesLead } from '../../gate/where-names-lead.ts';
import { counted } from '../../base/counted.ts';
import { complaint, judged, skipped, type Check } from '../check.ts';

/** Every name leads to the cluster: A may lead to what does NAT before it, AAAA does not. */
export const dns: Check = {
  name: 'dns',
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
