import type { FindingCode } from '../findings/register.ts';
import type { KnownTrouble } from '../state/notified.ts';
import type { ClusterStatus } from '../status/nodes.ts';
import { haveAllAnswered } from '../status/troubles.ts';

/** What a node's agent has to tell. */
const BY_AGENT: ReadonlySet<string> = new Set<FindingCode>([
  'older-installed',
  'deleted-by-hand',
  'notify-not-looking',
]);
/** What has to be looked at. */
const BY_LOOKING: ReadonlySet<string> = new Set<FindingCode>([
  'older-served',
  'nothing-served',
  'stated-port-fails',
]);

/** Whether a trouble that is not seen now could not have been seen: then nobody knows that it is over. */
export type IsUnseen = (key: string, known: Pick<KnownTrouble, 'who' | 'code'>) => boolean;

export function createIsUnseen({ nodes, vips, lineages }: ClusterStatus): IsUnseen {
  const silent = nodes.filter(({ reason, isDrained }) => reason !== null && !isDrained);
  const away = new Set(silent.flatMap(({ node, address }) => [node, `${node} ${address}`]));
  const cutOff = lineages.filter(({ isCutOff }) => isCutOff);
  const places = new Set(
    cutOff.map(({ target, address }) => (target === address ? address : `${target} ${address}`)),
  );
  const free = haveAllAnswered(nodes) ? [] : vips.filter(({ holders }) => holders.length === 0);
  const known = new Set(lineages.map(({ lineage }) => `not-renewed ${lineage}`));
  return (key, { who, code }) => {
    if (who !== null)
      return (BY_AGENT.has(code) && away.has(who)) || (BY_LOOKING.has(code) && places.has(who));
    // The only one that has the lineage may be away.
    if (key.startsWith('not-renewed ')) return away.size > 0 && !known.has(key);
    return code === 'vip-without-holder' && free.some(({ address }) => key.endsWith(` ${address}`));
  };
}
