import { shellWord, type Area } from './area.ts';

interface Named {
  readonly lineage: string;
}

const finish = (lineage: string) => `certbot-ha delete ${shellWord(lineage)}`;
const undo = (lineage: string) => `certbot-ha delete --undo ${shellWord(lineage)}`;

/** What becomes of a lineage that is deleted. */
export const DELETION = {
  'lineage-deleted': ({ lineage, stamp, from }: Named & Readonly<Record<'stamp' | 'from', string>>) => [
    `${lineage}: deleted on ${from} at ${stamp}: what was issued before that does not come back`,
    `to get it back, issue it again: certbot-ha certonly --cert-name ${shellWord(lineage)} -d NAME; a copy: docs/cluster-life.md`,
  ],
  'deleted-by-hand': ({ lineage }: Named) => [
    `${lineage}: deleted on that node alone, by certbot delete or certbot revoke`,
    `to get it back there, on that node: ${undo(lineage)}`,
    `to delete it on every node: ${finish(lineage)}`,
    `if it was revoked, issue it again: certbot-ha certonly --cert-name ${shellWord(lineage)} -d NAME`,
  ],
  'issued-after-deletion': ({ lineage, stamp }: Named & { readonly stamp: string }) =>
    `${lineage}: issued after it was deleted (${stamp}): it stays`,
  'too-many-deletions': ({ count }: { readonly count: number }) =>
    `${count} deletions are recorded on this node already, and it never had this lineage: not recorded`,
  'certbot-running': ({ lineage, pid }: Named & { readonly pid: number }) =>
    `${lineage}: certbot is running (process ${pid}): nothing is deleted before it has ended`,
  'lineage-in-use': ({ lineage }: Named) =>
    `${lineage}: the web server's configuration names its files: remove it there first`,
  'lineage-served': ({
    lineage,
    name,
    address,
    port,
  }: Named & Readonly<Record<'name' | 'address', string>> & { readonly port: number }) =>
    `${lineage}: ${address} serves it on port ${port} for ${name}: remove it from the web server's configuration and reload first`,
  'no-test': ({ lineage }: Named) =>
    `${lineage}: no test of the web server is configured, so nothing can show whether its files are in use`,
  'use-not-known': ({ lineage }: Named) =>
    `${lineage}: the web server's test fails already, so it cannot show whether the configuration names the lineage`,
  'backup-not-made': ({
    directory,
    said,
  }: {
    readonly directory: string;
    readonly said: readonly string[];
  }) => [`${directory}: no copy could be made there, so nothing is deleted`, ...said],
  'deletion-begun': () => 'its deletion has begun',
  'deletion-cut-off': ({ lineage }: Named) =>
    `${lineage}: not deleted on this node yet: the web server's test without it was cut off, and says nothing`,
  'deletion-waits': ({ lineage }: Named) => [
    `${lineage}: not deleted on this node yet, though deleted in the cluster`,
    'when the web server’s configuration no longer names it, run: certbot-ha sync',
    `to keep it instead: certbot renew --force-renewal --cert-name ${shellWord(lineage)}`,
  ],
  'deletion-ahead': ({ lineage, stamp, here }: Named & Readonly<Record<'stamp' | 'here', string>>) => [
    `${lineage}: deleted ${stamp} by the clock of that node, but it is ${here} here: the deletion has no effect until then`,
    `once the clock is right: ${finish(lineage)}, or rm /var/lib/certbot-ha/deleted/${shellWord(lineage)}.json`,
  ],
  'deletion-not-known': () => [
    'its version of certbot-ha knows no deletions: upgrade it',
    'until then it keeps the lineage: if it renews it, the lineage comes back on every node',
    'so upgrade it before it renews, or run on that node: certbot delete --cert-name NAME',
  ],
  'nothing-to-undo': ({ lineage }: Named) => `${lineage}: not deleted on this node alone: nothing to undo`,
} satisfies Area;
