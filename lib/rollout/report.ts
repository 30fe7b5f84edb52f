import type { Manifest } from '../lineage/bundle.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { whoOf, type Target } from '../cluster/target.ts';
import type { ServedCertificate } from '../gate/served-certificate.ts';
import { lineOf, type Verdict } from '../gate/verdict.ts';
import type { HookIo } from '../base/io.ts';
import { configurationFor } from '../webserver/kinds.ts';
import type { NodeEnding } from './roll-out.ts';

type Io = Pick<HookIo, 'out' | 'err'>;

/** A line a node and VIP. */
export function reportServed(io: Io, { targets }: Verdict): void {
  for (const report of targets) io.out(lineOf(report));
}

export interface NotServed {
  readonly manifest: Manifest;
  /** null where the roll-out was stopped */
  readonly verdict: Verdict | null;
  readonly bad: readonly NodeEnding[];
  /** where it was stopped: what each target that counts serves now, and whether it was activated */
  readonly served: readonly {
    readonly target: Target;
    readonly isActivated: boolean;
    readonly served: ServedCertificate;
  }[];
}

/** Which nodes serve which certificate, why, and what to do. */
export function reportNotServed(io: Io, { manifest, verdict, bad, served }: NotServed): void {
  const { lineage, leaf } = manifest;
  io.err(`${lineage}: the new certificate (serial ${leaf.serial}) is not served everywhere`);
  for (const report of verdict?.targets ?? []) io.err(`  ${lineOf(report)}`);
  for (const { node, state, messages } of bad) {
    const [first = 'no word why', ...more] = messages;
    const what = state === 'refused' ? `stopped here: ${first}` : `owed: ${withoutName(first, node)}`;
    io.err(`  ${whoOf(node)}: ${what}`);
    for (const line of more) io.err(`    ${line}`);
  }
  if (verdict === null) {
    for (const { target, isActivated, served: seen } of served) {
      const why = isActivated || target.node === null ? '' : 'not activated, ';
      io.err(`  ${whoOf(target)}: ${why}${whatIsServed(seen, target, manifest.lineage)}`);
    }
    io.err('  nothing is torn down; mend what is named above, then: certbot-ha deploy');
  } else {
    io.err('  what is owed is tried again by certbot-ha-sync.timer, or at once by: certbot-ha sync');
  }
}

function whatIsServed(served: ServedCertificate, { httpsPort }: Target, lineage: string): string {
  switch (served.kind) {
    case 'wanted':
      return 'serves the new certificate';
    case 'another':
      return `serves another certificate of this name (serial ${served.leaf.serial})`;
    case 'foreign':
      return `serves no certificate for ${lineage}`;
    case 'none':
    case 'unknown':
      return `port ${httpsPort}: ${served.reason}`;
  }
}

/** A line of a gate begins with the node, which stands before it already. */
function withoutName(line: string, { name, address }: ClusterNode): string {
  const prefix = `${name} ${address}: `;
  return line.startsWith(prefix) ? line.slice(prefix.length) : line;
}

/** What to add to the web server's configuration for a lineage that nothing is configured for yet. */
export function adviseUse(io: Io, { config }: Cluster, directory: string): void {
  const { kind } = config.webServer;
  const whose = kind === 'none' ? 'the web server' : kind;
  io.out(`to use it, add to the configuration of ${whose} on every node, then reload:`);
  for (const line of configurationFor(kind, directory)) io.out(`  ${line}`);
}
