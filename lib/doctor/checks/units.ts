import type { Finding } from '../../findings/register.ts';
import { counted } from '../../base/counted.ts';
import type { Unit } from '../../certbot/units-shown.ts';
import { neededUnits, NOTIFY_TIMER } from '../../cluster/own-units.ts';
import type { Config } from '../../cluster/config.ts';
import { heldAddresses } from '../held-addresses.ts';
import { complaint, judged, skipped, type Check, type Complaint } from '../check.ts';

/** The units run, and start again at the next boot. */
export const units: Check = {
  name: 'units',
  run: async (context) => {
    const { config } = context.cluster;
    const known = await context.units();
    if (known === null) return skipped('systemd does not run this host');
    const needed = [...neededUnits(config), ...(config.notify.length > 0 ? [NOTIFY_TIMER] : [])];
    const complaints: Complaint[] = needed.flatMap((unit) => complaintsOf(unit, known.get(unit), config));
    const differing = await heldAddresses(context, known);
    if (differing !== null) complaints.push(complaint('warn', differing, { config }));
    return judged(complaints, `${counted(needed.length, 'unit')} enabled and running`);
  },
};

function complaintsOf(name: string, unit: Unit | undefined, config: Config): readonly Complaint[] {
  const wrong = faultOf(name, unit);
  return wrong === null
    ? []
    : [complaint(wrong.code === 'unit-disabled' ? 'warn' : 'fail', wrong, { config })];
}

function faultOf(name: string, unit: Unit | undefined): Finding | null {
  if (unit?.load === 'masked') return { code: 'unit-masked', unit: name };
  if (unit?.load === 'bad-setting' || unit?.load === 'error')
    return { code: 'unit-broken', unit: name, load: unit.load };
  if (unit === undefined || !unit.isKnown) return { code: 'unit-missing', unit: name };
  if (unit.state === 'failed') return { code: 'unit-failed', unit: name };
  if (unit.state !== 'active' && unit.state !== 'activating' && unit.state !== 'reloading')
    return { code: 'unit-inactive', unit: name, state: unit.state };
  // What is enabled until the next boot, or linked alone, does not start then either. Each of them can be enabled.
  return unit.enabled === 'enabled' ? null : { code: 'unit-disabled', unit: name };
}
