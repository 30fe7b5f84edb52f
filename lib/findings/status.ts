import type { Area } from './area.ts';

/** What a survey of the cluster has found that needs somebody. */
export const STATUS = {
  'vip-without-holder': ({ address }: { readonly address: string }) =>
    `vip ${address}: no node that answers says it holds it`,
  'vip-held-twice': ({ address, nodes }: { readonly address: string; readonly nodes: readonly string[] }) =>
    `vip ${address}: ${nodes.join(' and ')} say they hold it: does keepalived reach its peers?`,
  'older-installed': ({ lineage }: { readonly lineage: string }) =>
    `has not installed the newest certificate of ${lineage}`,
  'older-served': ({ lineage }: { readonly lineage: string }) =>
    `serves another certificate than the newest of ${lineage}`,
  'nothing-served': ({ lineage }: { readonly lineage: string }) =>
    `serves no certificate for ${lineage}, which other nodes serve: is its web server running?`,
  'stated-port-fails': ({ lineage }: { readonly lineage: string }) =>
    `does not serve ${lineage} on each port that certificates.lineages names: is what listens there running?`,
  'lineage-not-known': ({ lineage, file }: Readonly<Record<'lineage' | 'file', string>>) =>
    `${file}: certificates.lineages.${lineage}: no node that answers has this lineage: it is not issued yet, or has another name in certbot certificates`,
  'certificate-ends': ({ lineage, notAfter }: Readonly<Record<'lineage' | 'notAfter', string>>) =>
    `${lineage}: ends at ${notAfter}, and is not renewed`,
  'renewal-late': ({ lineage, due, notAfter }: Readonly<Record<'lineage' | 'due' | 'notAfter', string>>) =>
    `${lineage}: not renewed, which was due at ${due}; ends at ${notAfter}`,
  'renewal-term-too-long': ({ lineage, termHours, lifeHours }: Term) =>
    `${lineage}: renew_before_expiry is ${termHours} h, and its certificates last ${lifeHours} h: certbot renews it at every run`,
  'notify-not-looking': ({ seconds }: { readonly seconds: number | null }) =>
    `its certbot-ha notify ${seconds === null ? 'has never seen the cluster' : `has not seen the cluster for ${Math.round(seconds / 60)} minutes`}: what only that node knows is told by nobody`,
  'outstanding-long': ({ lineage, since }: Readonly<Record<'lineage' | 'since', string>>) =>
    `${lineage} is outstanding since ${since}`,
  'check-too-slow': ({ check, seconds }: { readonly check: string; readonly seconds: number }) =>
    `${check}: no result within ${seconds} s`,
  'seen-in-part': ({ seconds }: { readonly seconds: number }) =>
    `not every node, VIP and port was probed within ${seconds} s: does --timeout need to be longer?`,
} satisfies Area;

interface Term {
  readonly lineage: string;
  readonly termHours: number;
  readonly lifeHours: number;
}
