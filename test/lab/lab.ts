import { obstacleToBooting } from './bootable.ts';
import { openBooted } from './booted/open.ts';
import type { Lab, LabOptions } from './contract.ts';
import { wantedDebian } from './debian.ts';
import { openLoopback } from './loopback/open.ts';

export type * from './contract.ts';

const DEFAULT_VIPS = ['192.168.69.10'];

/**
 * Booted hosts where that is possible, else loopback. `CERTBOT_HA_LAB` (`booted` or `loopback`) decides otherwise; on
 * CI, with `booted`, or on another Debian (`CERTBOT_HA_LAB_ROOT`), a lab that cannot boot is an error.
 */
export async function openLab(options: LabOptions = {}): Promise<Lab> {
  const { vips = DEFAULT_VIPS, ipv6 = false } = options;
  const complete: Required<LabOptions> = {
    nodes: 3,
    webServerPort443: true,
    sharedFilesystem: false,
    disks: null,
    install: true,
    debians: [],
    ...options,
    vips,
    ipv6: ipv6 || vips.some((vip) => vip.includes(':')),
  };
  const wanted = process.env['CERTBOT_HA_LAB'];
  const debian = wantedDebian();
  if (debian !== null && wanted === 'loopback')
    throw new Error(`CERTBOT_HA_LAB_ROOT=${debian} is for booted hosts, CERTBOT_HA_LAB=loopback has none`);
  if (wanted === 'loopback') return openLoopback(complete, 'CERTBOT_HA_LAB=loopback');
  const obstacle = await obstacleToBooting();
  if (obstacle === null) return openBooted(complete);
  if (wanted === 'booted' || debian !== null || process.env['CI'] === 'true')
    throw new Error(`hosts cannot be booted: ${obstacle}`);
  return openLoopback(complete, obstacle);
}
