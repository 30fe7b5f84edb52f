import { shellWord, some, type Area } from './area.ts';

/** The way of a lineage to all nodes. */
export const ROLL_OUT = {
  'certificate-not-served': ({ lineage, serial }: Readonly<Record<'lineage' | 'serial', string>>) =>
    `${lineage}: the new certificate (serial ${serial}) is not served everywhere`,
  'not-activated': () => 'not activated: the roll-out has stopped',
  'delivery-begun': () => 'its delivery has begun',
  'lineage-expired': ({ lineage, notAfter }: Readonly<Record<'lineage' | 'notAfter', string>>) => [
    `${lineage}: expired at ${notAfter}, not delivered`,
    `renew it or, if it is not needed, delete it on every node: certbot-ha delete ${shellWord(lineage)}`,
  ],
  'rolled-out-elsewhere': ({ lineage, from }: Readonly<Record<'lineage' | 'from', string>>) =>
    `${lineage}: skipped: ${from} is still rolling it out`,
  'newer-elsewhere': ({ node, lineages }: { readonly node: string; readonly lineages: readonly string[] }) =>
    `${node}: asked for ${lineages.join(', ')}, newer there`,
  'sync-incomplete': () => 'sync: not everything could be brought up to date',
  'roll-out-running': () => 'skipped: a deploy hook or another sync is running',
  'per-node-mode': () => 'certificates.mode is per-node: every node keeps its own lineages, nothing to do',
  'no-such-lineage': ({ names, configDir, known }: NoSuch) => {
    const those = known.length > 0 ? `those are ${known.join(', ')}` : 'there is none';
    return `no lineage ${names.join(', ')} in ${configDir}: ${those}`;
  },
  'lineages-lost': ({
    directory,
    lineages,
  }: {
    readonly directory: string;
    readonly lineages: readonly string[];
  }) => [
    `${directory}: nothing is left of ${some(lineages)}: the directory was lost or replaced`,
    'the nodes that have them are asked to deliver them; with rsync and shared, run on such a node: certbot-ha deploy NAME',
  ],
  'lineages-away': ({
    directory,
    lineages,
  }: {
    readonly directory: string;
    readonly lineages: readonly string[];
  }) => [
    `${directory}: no such directory, but lineages are recorded as installed (${some(lineages)}): is it mounted?`,
    `no record is removed; to get the lineages from the other nodes again: mkdir -p ${directory}`,
  ],
  'no-lineage': ({ configDir }: { readonly configDir: string }) =>
    `no lineage in ${configDir}: nothing to do`,
} satisfies Area;

interface NoSuch {
  readonly names: readonly string[];
  readonly configDir: string;
  readonly known: readonly string[];
}

interface NotIssuer {
  readonly node: string;
  readonly vip: string;
}

/** Who renews, and from what. */
export const ISSUER = {
  'vip-held-elsewhere': ({ node, vip, holder }: NotIssuer & { readonly holder: string }) =>
    `${node} does not renew: ${holder} holds the VIP ${vip}`,
  'vip-held-by-nobody': ({ node, vip }: NotIssuer) =>
    `${node} does not renew: no node that answers holds the VIP ${vip}`,
  'vip-not-held': ({ node, vip }: NotIssuer) =>
    `${node} does not renew: this node does not hold the VIP ${vip}`,
  'vip-on-loopback': ({ node, vip }: NotIssuer) => [
    `${node} does not renew: it has the VIP ${vip} on its loopback interface, which makes no node the holder`,
    'set certificates.issuer to the node that is to renew',
  ],
  'other-issuer': ({ node, issuer }: Readonly<Record<'node' | 'issuer', string>>) =>
    `${node} does not renew: certificates.issuer is ${issuer}`,
  'newer-not-arrived': ({ seconds, lineages }: Behind) =>
    `newer on another node, but not received within ${seconds} s: ${lineages.join(', ')}`,
  'newer-not-known': ({ node, address }: Readonly<Record<'node' | 'address', string>>) =>
    `${node} ${address}: has not reported which lineages are newer there`,
  'not-up-to-date': () => 'this node could not be brought up to date',
} satisfies Area;

interface Behind {
  readonly seconds: number;
  readonly lineages: readonly string[];
}
