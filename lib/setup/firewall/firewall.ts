import { CertbotHaError } from '../../base/errors.ts';
import type { Programs } from '../admin-programs.ts';
import { isFirewalldActive, putFirewalld, showFirewalld, type Here } from './firewalld.ts';
import { byHand, isDroppedByIptables, showIptables } from './iptables.ts';
import { nftDroppers, putNftables, showNftables } from './nftables.ts';
import type { Access } from './sources.ts';
import { isUfwActive, putUfw, showUfw } from './ufw.ts';

/** What a host may filter packets with. */
const FIREWALLS = ['nftables', 'firewalld', 'ufw', 'iptables'] as const;

/** The same, and whichever of them is at work. */
export const FIREWALL_KINDS = ['firewall', ...FIREWALLS] as const;

type Firewall = (typeof FIREWALLS)[number];
export type FirewallKind = (typeof FIREWALL_KINDS)[number];

export interface FirewallOptions {
  readonly access: Access;
  readonly programs: Programs;
  readonly here: Here;
  /** below which files are written */
  readonly root: string;
  readonly out: (line: string) => void;
}

const NONE = [
  'no firewall of this host drops connections to the agent:',
  '  firewalld and ufw are not active; no chain of nftables or iptables for incoming packets drops or rejects',
  '  a firewall outside of this host is not seen from here',
];

/** Prints what to type, and what to know of it. */
export async function showFirewall(kind: FirewallKind, options: FirewallOptions): Promise<void> {
  const { access, programs, here, out } = options;
  const print = (lines: readonly string[]) => lines.forEach((line) => out(line));
  switch (kind) {
    case 'nftables':
      return print(await showNftables(access, programs));
    case 'firewalld':
      return print(await showFirewalld(access, programs, here));
    case 'ufw':
      return print(showUfw(access));
    case 'iptables':
      return print(showIptables(access));
    case 'firewall':
      return await each(options, showFirewall);
  }
}

/**
 * Does so. A firewall that is not active stays as it is.
 * @throws {CertbotHaError} `failed` where a firewall refuses, or has no place for rules
 */
export async function putFirewall(kind: FirewallKind, options: FirewallOptions): Promise<void> {
  const { access, programs, here, root, out } = options;
  const without = access.sources.filter(({ addresses }) => addresses.length === 0);
  if (without.length > 0) {
    const nodes = without.map(({ node, configured }) => `${node} (${configured})`);
    throw new CertbotHaError(
      'failed',
      { code: 'peers-without-address', nodes },
      { hint: 'nothing was changed' },
    );
  }
  switch (kind) {
    case 'nftables':
      return await putNftables(access, programs, { root, out });
    case 'firewalld':
      if (!(await isFirewalldActive(programs))) return out('firewalld is not active: nothing was changed');
      return await putFirewalld(access, programs, { here, out });
    case 'ufw':
      if (!(await isUfwActive(programs))) return out('ufw is not active: nothing was changed');
      return await putUfw(access, programs, out);
    case 'iptables':
      throw byHand();
    case 'firewall':
      return await each(options, putFirewall);
  }
}

async function each(
  options: FirewallOptions,
  run: (firewall: Firewall, options: FirewallOptions) => Promise<void>,
): Promise<void> {
  const active = await activeFirewalls(options);
  if (active.length === 0) NONE.forEach((line) => options.out(line));
  const errors: CertbotHaError[] = [];
  // What one of them does not keep stops none of the others.
  for (const firewall of active) {
    await run(firewall, options).catch((error: unknown) => {
      if (!(error instanceof CertbotHaError)) throw error;
      errors.push(error);
    });
  }
  const [first] = errors;
  if (first === undefined) return;
  const findings = errors.flatMap((error) => error.findings);
  const hint = [...new Set(errors.flatMap((error) => error.hint ?? []))].join('; ');
  throw new CertbotHaError(first.kind, findings, { cause: first, ...(hint && { hint }) });
}

/** All that may drop: one that lets a packet pass does not keep another one from dropping it. Those that are put in place come first. */
async function activeFirewalls({ access, programs }: FirewallOptions): Promise<readonly Firewall[]> {
  const [firewalld, ufw] = [await isFirewalldActive(programs), await isUfwActive(programs)];
  const droppers = await nftDroppers(access, programs);
  // Both write iptables' chains themselves, where they have no others.
  const hasIptables =
    !firewalld && !ufw && ((droppers?.ofIptables.length ?? 0) > 0 || (await isDroppedByIptables(programs)));
  return [
    ...(firewalld ? (['firewalld'] as const) : []),
    ...(ufw ? (['ufw'] as const) : []),
    ...((droppers?.own.length ?? 0) > 0 ? (['nftables'] as const) : []),
    ...(hasIptables ? (['iptables'] as const) : []),
  ];
}
