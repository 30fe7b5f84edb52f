/** `1` in this file makes a node give up its VIPs at once and take none; `0` lets it take part again. */
export const YIELD_FILE = '/etc/keepalived/yield';

const PRIORITIES = [190, 180, 170];

/** RFC 5798 5.2.9: over IPv6 the first address is link-local. */
const LINK_LOCAL = 'fe80::69';

/**
 * All VIPs move together: those of the other address family ride along (`virtual_ipaddress_excluded`). Without
 * preemption the VIPs move when a test wants it, not when a node comes back.
 */
export function keepalivedConfig(index: number, vips: readonly string[]): string {
  const isV6 = vips.every((vip) => vip.includes(':'));
  const main = vips.filter((vip) => vip.includes(':') === isV6);
  const others = vips.filter((vip) => vip.includes(':') !== isV6);
  return `global_defs {
    vrrp_version 3
}

track_file yield {
    file ${YIELD_FILE}
    weight -254
}

vrrp_instance web {
    state BACKUP
    nopreempt
    interface eth0
    virtual_router_id 69
    priority ${PRIORITIES[index] ?? 160 - index}
    advert_int 0.3
${addresses('virtual_ipaddress', isV6 ? [LINK_LOCAL, ...main] : main)}${addresses('virtual_ipaddress_excluded', others)}
    track_file {
        yield
    }
}
`;
}

function addresses(block: string, vips: readonly string[]): string {
  if (vips.length === 0) return '';
  const lines = vips.map((vip) => `        ${vip}/${vip.includes(':') ? 64 : 24}\n`);
  return `\n    ${block} {\n${lines.join('')}    }`;
}
