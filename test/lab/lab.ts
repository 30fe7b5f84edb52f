import type { Lab, LabOptions } from './contract.ts';
import { openBooted } from './booted/open.ts';

export type * from './contract.ts';

const DEFAULT_VIP = '192.168.69.10';

export async function openLab(options: LabOptions = {}): Promise<Lab> {
  const vips = options.vips ?? [DEFAULT_VIP];
  const complete: Required<LabOptions> = {
    nodes: options.nodes ?? 3,
    vips,
    ipv6: options.ipv6 === true || vips.some((vip) => vip.includes(':')),
    webServerPort443: options.webServerPort443 ?? true,
    install: options.install ?? true,
  };
  return openBooted(complete);
}
