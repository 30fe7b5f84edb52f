import { counted } from '../../base/counted.ts';
import { RUN_UNITS, type Unit } from '../../certbot/units-shown.ts';
import { neededUnits } from '../../cluster/own-units.ts';
import { complaint, judged, skipped, type Check, type Complaint } from '../check.ts';

/** The units run, and start again at the next boot; what they have started has not failed. */
export const units: Check = {
  name: 'units',
  run: async ({ cluster: { config }, units }) => {
    const known = await units();
    if (known === null) return skipped('systemd does not run this host');
    const needed = neededUnits(config);
    const failed = RUN_UNITS.filter((unit) => known.get(unit)?.state === 'failed').map((unit) =>
      complaint('fail', { code: 'unit-failed', unit }),
    );
    const complaints = [...needed.flatMap((unit) => complaintsOf(unit, known.get(unit))), ...failed];
    return judged(complaints, `${counted(needed.length, 'unit')} enabled and running`);
  },
};

function complaintsOf(name: string, unit: Unit | undefined): readonly Complaint[] {
  if (unit === undefined || !unit.isKnown) return [complaint('fail', { code: 'unit-missing', unit: name })];
  if (unit.state === 'failed') return [complaint('fail', { code: 'unit-failed', unit: name })];
  if (unit.state !== 'active' && unit.state !== 'activating' && unit.state !== 'reloading')
    return [complaint('fail', { code: 'unit-inactive', unit: name, state: unit.state })];
  return unit.enabled === 'disabled' ? [complaint('warn', { code: 'unit-disabled', unit: name })] : [];
}
