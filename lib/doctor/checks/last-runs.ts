import { renewingUnits } from '../../certbot/renewing-units.ts';
import { RUN_UNITS } from '../../certbot/units-shown.ts';
import { complaint, judged, skipped, type Check } from '../check.ts';

/** The timer runs it again within minutes, and what it has failed at has a check of its own. */
const SOON_AGAIN = 'certbot-ha-sync.service';

/** What timers and requests have started has not failed. Why it has is mostly told by a check before this one. */
export const lastRuns: Check = {
  name: 'last runs',
  run: async ({ units }) => {
    const known = await units();
    if (known === null) return skipped('systemd does not run this host');
    // What renews here may be called otherwise.
    const renewing = renewingUnits(known).map(({ service }) => service);
    const failed = [...new Set([...RUN_UNITS, ...renewing])].filter(
      (unit) => known.get(unit)?.state === 'failed',
    );
    return judged(
      failed.map((unit) => complaint(unit === SOON_AGAIN ? 'warn' : 'fail', { code: 'unit-failed', unit })),
      'no installation, delivery or renewal has failed',
    );
  },
};
