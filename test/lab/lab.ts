import { obstacleToBooting } from './bootable.ts';
import { openBooted } from './booted/open.ts';
import type { Lab, LabOptions } from './contract.ts';
import { openLoopback } from './loopback/open.ts';

export type * from './contract.ts';

const DEFAULT_VIPS = ['192.168.69.10'];

/**
 * Booted hosts where that is possible, else loopback. `CERTBOT_HA_LAB` (`booted` or `loopback`) decides otherwise; on
 * CI, or with `booted`, a lab that cannot boot is an error.
 */
export async function openLab(options: LabOptions = {}): Promise<Lab> {
  const { vips = DEFAULT_VIPS, ipv6 = false } = options;
  const complete: Required<LabOptions> = {
    nodes: 3,
    webServerPort443: true,
    sharedFilesystem: false,
    install: true,
    ...options,
    vips,
    ipv6: ipv6 || vips.some((vip) => vip.includes(':')),
  };
  const wanted = process.env['CERTBOT_HA_LAB'];
  if (wanted === 'loopback') return openLoopback(complete, 'CERTBOT_HA_LAB=loopback');
  const obstacle = await obstacleToBooting();
  if (obstacle === null) return openBooted(complete);
  if (wanted === 'booted' || process.env['CI'] === 'true')
    throw new Error(`hosts cannot be booted: ${obstacle}`);
  return openLoopback(complete, obstacle);
}
