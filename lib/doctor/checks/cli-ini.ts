import { cliIniOverrides } from '../../lineage/overrides.ts';
import { complaint, judged, type Check } from '../check.ts';

/** No line of cli.ini makes certbot renew otherwise than the lineages say. */
export const cliIni: Check = {
  name: 'cli.ini',
  run: async ({ cluster: { config }, env }) => {
    const overrides = await cliIniOverrides(config.certificates.configDir, env);
    return judged(
      overrides.map((found) => complaint('fail', found, { config })),
      'contradicts no lineage',
    );
  },
};
