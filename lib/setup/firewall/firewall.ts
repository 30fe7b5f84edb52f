import { CertbotHaError } from '../../base/errors.ts';
import type { Programs } from '../admin-programs.ts';
import { isFirewalldActive, putFirewalld, showFirewalld, type Here } from './firewalld.ts';
import {
  byHand,
  clearIptables,
  droppingIn,
  inputChains,
  outdatedIn,
  showIptables,
  type InputChain,
} from './iptables.ts';
import { hasRulesFile } from './at-boot.ts';
import { nftSeen, putNftables, showNftables } from './nftables.ts';
import { pasted, type Access } from './sources.ts';
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
  '  firewalld and ufw are not active; no chain of nftables or iptables for incoming packets drops or rejects whatever comes to the port',
  '  not decided: rules that drop by address, set or interface. To see them: nft list ruleset; iptables -S',
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
      return print(await showIptables(access, programs));
    case 'firewall':
      return await showActive(options);
  }
}

/**
 * Does so. A firewall that is not active stays as it is.
 * @throws {CertbotHaError} `failed` where a firewall refuses, or has no place for rules
 */
export async function putFirewall(kind: FirewallKind, options: FirewallOptions): Promise<void> {
  const { access, programs, out } = options;
  const without = access.sources.filter(({ addresses }) => addresses.length === 0);
  if (without.length > 0) {
    const nodes = without.map(({ node, configured }) => `${node} (${configured})`);
    throw new CertbotHaError(
      'failed',
      { code: 'peers-without-address', nodes },
      { hint: 'nothing was changed' },
    );
  }
  if (kind === 'firewall') return await putActive(options);
  const isInactive =
    (kind === 'firewalld' && !(await isFirewalldActive(programs))) ||
    (kind === 'ufw' && !(await isUfwActive(programs)));
  if (isInactive) return out(`${kind} is not active: nothing was changed`);
  const chains = kind === 'iptables' ? await inputChains(programs, { isPatient: false }) : [];
  await put(kind, chains, options);
}

/** @param chains those of iptables */
async function put(
  firewall: Firewall,
  chains: readonly InputChain[],
  { access, programs, here, root, out }: FirewallOptions,
): Promise<void> {
  switch (firewall) {
    case 'nftables':
      return await putNftables(access, programs, { root, out });
    case 'firewalld':
      return await putFirewalld(access, programs, { here, out });
    case 'ufw':
      return await putUfw(access, programs, out);
    case 'iptables':
      await clearIptables(access, programs, { chains, out });
      if (access.sources.length > 0) throw byHand();
  }
}

async function putActive(options: FirewallOptions): Promise<void> {
  const { access, out } = options;
  const { firewalls, chains, notes } = await activeFirewalls(options);
  if (firewalls.length === 0 && access.sources.length > 0) NONE.forEach((line) => out(line));
  notes.forEach((note) => out(note));
  const clear = async () => await clearIptables(access, options.programs, { chains, out });
  const puts = [
    ...firewalls.map((firewall) => async () => await put(firewall, chains, options)),
    ...(firewalls.includes('iptables') ? [] : [clear]),
  ];
  const errors: CertbotHaError[] = [];
  // What one of them refuses or does not keep stops none of the others.
  for (const one of puts) {
    await one().catch((error: unknown) => {
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

async function showActive(options: FirewallOptions): Promise<void> {
  const { firewalls, chains, notes } = await activeFirewalls(options);
  if (firewalls.length === 0) NONE.forEach((line) => options.out(line));
  notes.forEach((note) => options.out(`# ${note}`));
  for (const firewall of firewalls) await showFirewall(firewall, options);
  if (firewalls.includes('iptables')) return;
  pasted(outdatedIn(chains, options.access).map((command) => command.join(' '))).forEach((line) =>
    options.out(line),
  );
}

interface Active {
  readonly firewalls: readonly Firewall[];
  /** those of iptables */
  readonly chains: readonly InputChain[];
  readonly notes: readonly string[];
}

/**
 * All that may drop, or have rules of ours: one that lets a packet pass does not keep another one from dropping it. Those that are put in
 * place come first.
 */
async function activeFirewalls({ access, programs, root }: FirewallOptions): Promise<Active> {
  const [firewalld, ufw] = [await isFirewalldActive(programs), await isUfwActive(programs)];
  const seen = await nftSeen(access, programs);
  const isBeside = firewalld || ufw;
  const chains = await inputChains(programs, { isPatient: isBeside });
  const drops =
    (seen?.droppers.ofIptables.length ?? 0) > 0 || chains.some((one) => droppingIn(one).length > 0);
  // Both write iptables' chains themselves, where they have no others.
  const isOpened = !isBeside && drops && access.sources.length > 0;
  const hasNft = (seen?.chains.length ?? 0) > 0 || (await hasRulesFile(root));
  return {
    firewalls: [
      ...(firewalld ? (['firewalld'] as const) : []),
      ...(ufw ? (['ufw'] as const) : []),
      ...(hasNft ? (['nftables'] as const) : []),
      ...(isOpened ? (['iptables'] as const) : []),
    ],
    chains,
    notes: [...(firewalld ? besideOf('firewalld', chains) : []), ...(ufw ? besideOf('ufw', chains) : [])],
  };
}

/** What iptables has that is not seen to be the firewall's own. */
function besideOf(firewall: 'firewalld' | 'ufw', chains: readonly InputChain[]): readonly string[] {
  return chains.flatMap((chain) =>
    droppingIn(chain)
      // ufw sets the policy, and has all rules in chains of its own.
      .filter((line) => firewall !== 'ufw' || line.startsWith('-A'))
      .map(
        (line) =>
          `beside ${firewall}, ${chain.program} has: ${line}. Whose it is, and whether the other nodes get past it, is not decided: ${chain.program} -S INPUT`,
      ),
  );
}
