import type { Finding } from '../../findings/register.ts';
import { counted } from '../../base/counted.ts';
import { expectedFindings } from '../../base/expected.ts';
import type { Unit } from '../../certbot/units-shown.ts';
import { DOCTOR_TIMER, neededUnits, NOTIFY_TIMER } from '../../cluster/own-units.ts';
import type { Config } from '../../cluster/config.ts';
import { heldAddresses } from '../held-addresses.ts';
import { complaint, judged, skipped, type Check, type Complaint } from '../check.ts';

/** This node's name may be looked up, and systemd is asked about the socket besides. */
const TIMEOUT_MS = 15_000;

/** The units run, and start again at the next boot. */
export const units: Check = {
  name: 'units',
  timeoutMs: () => TIMEOUT_MS,
  run: async (context) => {
    const { config } = context.cluster;
    const known = await context.units();
    if (known === null) return skipped('systemd does not run this host');
    const needed = [...neededUnits(config), ...(config.notify.length > 0 ? [NOTIFY_TIMER] : [])];
    const complaints: Complaint[] = needed.flatMap((unit) => complaintsOf(unit, known.get(unit), config));
    const unexamined = faultOf(DOCTOR_TIMER, known.get(DOCTOR_TIMER));
    if (unexamined !== null) complaints.push(complaint('warn', unexamined, { config }));
    try {
      const differing = await heldAddresses(context, known);
      if (differing !== null) complaints.push(complaint('warn', differing, { config }));
    } catch (error) {
      complaints.push(...expectedFindings(error).map((found) => complaint('fail', found, { config })));
    }
    return judged(complaints, `${counted(needed.length + 1, 'unit')} enabled and running`);
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
