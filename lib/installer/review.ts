import { changeOf, keptThatDiffer } from '../certbot/changes.ts';
import { renewerOf, valueIn, type RenewalData } from '../certbot/renewal-data.ts';
import type { Finding } from '../findings/register.ts';
import { currentGeneration } from '../lineage/current.ts';
import { namesOf } from '../lineage/names.ts';
import type { Lineage } from '../lineage/lineage.ts';
import { normalAddress } from '../net/address.ts';
import type { InstallOptions } from './ending.ts';

/** What a bundle would make of a lineage that is here. */
export interface Proposal {
  readonly name: string;
  readonly lineage: Lineage;
  readonly data: RenewalData;
  /** the renewal configuration that is here; null: there is none */
  readonly before: string | null;
}

/**
 * Why another node must not change this lineage: whoever has the cluster's key could say whom certbot trusts here,
 * and what it renews. Empty where nothing of that changes, or an operator has accepted it on this node.
 */
export async function refusalsOf(
  { name, lineage, data, before }: Proposal,
  { certificates: { configDir }, state: { accepted }, now }: InstallOptions,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const changes: string[] = [];
  const renewer = before === null ? null : renewerOf(before);
  if (renewer?.authenticator && !renewer.isOurs) {
    findings.push({ code: 'lineage-of-others', lineage: name });
    changes.push(changeOf('authenticator', 'manual'));
  }
  if (before !== null && renewer?.authenticator) {
    for (const key of keptThatDiffer(before, data)) {
      const value = valueIn(data, key) ?? '';
      findings.push({ code: 'conf-differs', key, lineage: name, value });
      changes.push(changeOf(key, value));
    }
  }
  const lost = await namesLost(configDir, name, lineage);
  if (lost.length > 0) {
    findings.push({ code: 'names-lost', lineage: name, names: lost });
    changes.push(changeOf('without', lost.join(',')));
  }
  if (changes.length === 0) return [];
  const isAccepted = await accepted.of(name, now());
  if (changes.every((change) => isAccepted.has(change))) return [];
  return [...findings, { code: 'change-refused', lineage: name, changes }];
}

async function namesLost(configDir: string, name: string, { leaf }: Lineage): Promise<readonly string[]> {
  const here = await currentGeneration(configDir, name);
  const offered = new Set(namesOf(leaf).map(normalAddress));
  return (here?.names ?? []).filter((one) => !offered.has(normalAddress(one))).toSorted();
}
