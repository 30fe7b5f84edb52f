/** A number in this file is added to the node's priority at once; -254 makes it give up its addresses. */
export const PRIORITY_FILE = '/etc/keepalived/lab-priority';
export const GIVE_UP = -254;

const PRIORITIES = [190, 180, 170];

/** All VIPs move together: those of the other address family ride along (`virtual_ipaddress_excluded`). */
export function keepalivedConfig(index: number, vips: readonly string[]): string {
  const isV6 = vips.every((vip) => vip.includes(':'));
  const [main, others] = [vips.filter((vip) => vip.includes(':') === isV6), vips.filter((vip) => vip.includes(':') !== isV6)];
  return `global_defs {
    vrrp_version 3
    vrrp_garp_master_delay 1
}

track_file lab {
    file ${PRIORITY_FILE}
    weight 1
    init_file 0
}

vrrp_instance lab {
    state BACKUP
    interface eth0
    virtual_router_id 69
    priority ${PRIORITIES[index] ?? 160 - index}
    advert_int 0.3
${block('virtual_ipaddress', isV6 ? [LINK_LOCAL, ...main] : main)}
${others.length > 0 ? block('virtual_ipaddress_excluded', others) : ''}
    track_file {
        lab
    }
}
`;
}

/** RFC 5798 5.2.9: over IPv6 the first address must be link-local. */
const LINK_LOCAL = 'fe80::69';

function block(name: string, vips: readonly string[]): string {
  const lines = vips.map((vip) => `        ${vip}/${vip.includes(':') ? 64 : 24}`);
  return [`    ${name} {`, ...lines, '    }'].join('\n');
}
