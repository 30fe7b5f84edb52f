import { changeOf, KEPT, keptThatDiffer } from '../certbot/changes.ts';
import { renewerOf, valueIn, type RenewalData } from '../certbot/renewal-data.ts';
import type { Finding } from '../findings/register.ts';
import { MAX_CHARS } from '../findings/read.ts';
import { lineOf } from '../findings/words.ts';
import { namesOf } from '../lineage/names.ts';
import type { Lineage } from '../lineage/lineage.ts';
import { normalAddress } from '../net/address.ts';
import type { Before } from './before.ts';
import { ended, type Ending, type InstallOptions } from './ending.ts';

/** What a bundle would make of a lineage. */
export interface Proposal {
  readonly name: string;
  readonly lineage: Lineage;
  readonly data: RenewalData;
  readonly before: Before;
}

/** With the findings before them, as many as a result has room for; each has names for hundreds of characters. */
const MAX_COMMANDS = 30;

/**
 * Why another node must not change this lineage: whoever has the cluster's key could say whom certbot trusts here,
 * and what it renews. Null where nothing of that changes, or an operator has accepted it on this node. Where nobody
 * can tell, nothing is changed either.
 */
export async function refusalOf(
  { name, lineage, data, before }: Proposal,
  { state: { accepted, records }, now }: Pick<InstallOptions, 'state' | 'now'>,
): Promise<Ending | null> {
  const findings: Finding[] = [];
  const changes: string[] = [];
  const { conf, unknown } = before;
  const renewer = conf === null ? null : renewerOf(conf);
  if (renewer?.authenticator && !renewer.isOurs) {
    findings.push({ code: 'lineage-of-others', lineage: name });
    changes.push(changeOf('authenticator', 'manual'));
  }
  // What was deleted on another node's word does not come back with another CA.
  const isNew = conf === null && unknown === null;
  const own = conf ?? (isNew ? ((await records.deletionOf(name))?.kept ?? null) : null);
  if (unknown !== null) {
    findings.push(unknown);
    changes.push(...KEPT.map((key) => changeOf(key, valueIn(data, key) ?? '')));
  } else if (own !== null) {
    for (const key of keptThatDiffer(own, data)) {
      const value = valueIn(data, key) ?? '';
      findings.push({ code: 'conf-differs', key, lineage: name, value });
      changes.push(changeOf(key, value));
    }
  }
  const lost = namesLost(before.names, lineage);
  if (lost.length > 0) {
    findings.push({ code: 'names-lost', lineage: name, names: lost });
    changes.push(...lost.map((one) => changeOf('without', one)));
  }
  const isAccepted = await accepted.of(name, now());
  const open = changes.filter((change) => !isAccepted.has(change));
  if (open.length === 0) return null;
  // This node alone does not know what it has: no reason to stop the roll-out to others.
  const isOwnTrouble = unknown !== null && findings.length === 1;
  const all = [...findings, ...commandsFor(name, changes, open)];
  return ended(isOwnTrouble ? 'failed' : 'refused', all);
}

/**
 * The commands that accept these changes, none longer than a line that its reader takes whole. Where they are too many for
 * one result, those that are not accepted yet come first, and the next refusal has the rest.
 */
function commandsFor(
  lineage: string,
  changes: readonly string[],
  open: readonly string[],
): readonly Finding[] {
  const commands = split(lineage, changes);
  return commands.length <= MAX_COMMANDS ? commands : split(lineage, open).slice(0, MAX_COMMANDS);
}

function split(lineage: string, changes: readonly string[]): readonly Finding[] {
  const command = (some: readonly string[]): Finding => ({ code: 'change-refused', lineage, changes: some });
  const commands: Finding[] = [];
  let some: readonly string[] = [];
  for (const change of changes) {
    const more = [...some, change];
    if (some.length > 0 && lineOf(command(more)).length > MAX_CHARS) {
      commands.push(command(some));
      some = [change];
    } else some = more;
  }
  return [...commands, command(some)];
}

function namesLost(names: readonly string[], { leaf }: Lineage): readonly string[] {
  const offered = new Set(namesOf(leaf).map(normalAddress));
  return names.filter((one) => !offered.has(normalAddress(one))).toSorted();
}
