import { lineOf as lineOfFinding } from '../findings/words.ts';
import { basename } from 'node:path';
import type { HookIo } from '../base/io.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { whoOf, type Target } from '../cluster/target.ts';
import type { ServedCertificate } from '../gate/served-certificate.ts';
import { lineOf, type Verdict } from '../gate/verdict.ts';
import type { Leaf } from '../lineage/generation.ts';
import { configurationFor } from '../webserver/kinds.ts';
import type { NodeEnding } from './roll-out.ts';

type Io = Pick<HookIo, 'out' | 'err'>;

/** A line a node and VIP. */
export function reportServed(io: Io, { targets }: Verdict): void {
  for (const report of targets) io.out(lineOf(report));
}

/** What a target serves after a roll-out that was stopped. */
export interface ServedNow {
  readonly target: Target;
  /** false for a node that the roll-out has not come to */
  readonly isActivated: boolean;
  readonly served: ServedCertificate;
}

export interface NotServed {
  /** the lineage's directory below live/ */
  readonly directory: string;
  readonly leaf: Leaf;
  /** null where the roll-out was stopped */
  readonly verdict: Verdict | null;
  readonly bad: readonly NodeEnding[];
  /** of each target that counts, where it was stopped */
  readonly served: readonly ServedNow[];
  /** sync tries again what is outstanding */
  readonly isSyncComing: boolean;
  /** some node has not taken it */
  readonly isOutstanding: boolean;
}

/** Which nodes serve which certificate, why, and what to do. */
export function reportNotServed(io: Io, notServed: NotServed): void {
  const { directory, leaf, verdict, bad, served, isSyncComing } = notServed;
  const lineage = basename(directory);
  io.err(lineOfFinding({ code: 'certificate-not-served', lineage, serial: leaf.serial }));
  for (const report of verdict?.targets ?? []) io.err(`  ${lineOf(report)}`);
  for (const { node, state, messages } of bad) {
    const [first = 'no word why', ...more] = messages;
    const what = state === 'refused' ? 'roll-out stopped: ' : isSyncComing ? 'outstanding: ' : '';
    io.err(`  ${whoOf(node)}: ${what}${first}`);
    for (const line of more) io.err(`    ${line}`);
  }
  for (const now of served) {
    const why = now.isActivated ? '' : 'not activated, ';
    io.err(`  ${whoOf(now.target)}: ${why}${wordsOf(now)}`);
  }
  io.err(`  ${nextStep(notServed)}`);
}

function nextStep({ verdict, isSyncComing, isOutstanding }: NotServed): string {
  if (verdict === null || !isSyncComing) {
    return 'no other node was changed or rolled back; fix what is named above, then: certbot-ha deploy';
  }
  return isOutstanding
    ? 'what is outstanding is tried again by certbot-ha-sync.timer, or at once by: certbot-ha sync'
    : 'every node has taken it, so nothing is tried again; who holds the VIP tells: certbot-ha status';
}

function wordsOf({ served }: ServedNow): string {
  switch (served.kind) {
    case 'wanted':
      return 'serves the new certificate';
    case 'another': {
      const { serial } = served.leaf;
      return lineOfFinding({ code: 'other-certificate-served', serial, notBefore: null, since: null });
    }
    case 'foreign':
      return lineOfFinding({ code: 'other-names-served', names: served.names });
    case 'none':
    case 'unknown':
      return lineOfFinding(served.reason);
  }
}

export interface Unused {
  readonly cluster: Cluster;
  /** the lineage's directory below live/ */
  readonly directory: string;
  readonly isEveryNode: boolean;
}

/** What to add to the web server's configuration for a lineage that nothing is configured for yet. */
export function adviseUse(io: Io, { cluster, directory, isEveryNode }: Unused): void {
  const { kind } = cluster.config.webServer;
  const whose = kind === 'none' ? 'the web server' : kind;
  const where = isEveryNode ? ' on every node' : '';
  io.out(`to use it, add to the configuration of ${whose}${where}, then reload:`);
  for (const line of configurationFor(kind, directory)) io.out(`  ${line}`);
}
