import type { Cluster } from '../cluster/cluster.ts';
import { CertbotHaError } from '../base/errors.ts';
import type { Finding } from '../findings/register.ts';
import { addressesHere, type AddressesHere } from '../cluster/machine.ts';
import { heldHere, isOnLoopback } from '../cluster/vips.ts';
import type { Holders } from '../peers/holders.ts';

/** Whether this node is to renew now: why, in words for people, or what keeps it from it. */
export type Issuership =
  | {
      readonly isIssuer: true;
      readonly why: string;
      /** what is wrong anyway */
      readonly odd?: Finding;
    }
  | { readonly isIssuer: false; readonly reason: Finding };

/**
 * The rule of `certificates.issuer`, by what the configuration and this machine's interfaces say.
 * @param others which peers say to have the VIP, for the words alone
 * @throws {CertbotHaError} `config` for issuer vip without a VIP
 */
export function issuershipOf(
  cluster: Cluster,
  others: Holders = null,
  addresses: AddressesHere = addressesHere(),
): Issuership {
  const { config, self } = cluster;
  const { mode, issuer } = config.certificates;
  if (mode === 'per-node')
    return { isIssuer: true, why: `${self.name} renews: certificates.mode is per-node` };
  if (issuer === 'any') return { isIssuer: true, why: `${self.name} renews: certificates.issuer is any` };
  if (issuer === 'vip') {
    const [vip] = config.vips;
    // Only who is to renew asks for it: a cluster without VIPs does everything else without.
    if (vip === undefined) {
      throw new CertbotHaError('config', {
        code: 'invalid-value',
        file: config.file,
        key: 'certificates.issuer',
        expected: 'any or a node name where vips is empty',
        got: '"vip"',
      });
    }
    return heldHere(cluster, addresses.outward).includes(vip)
      ? asHolder(cluster, vip, others)
      : elsewhere(cluster, vip, { others, addresses });
  }
  return issuer === self.name
    ? { isIssuer: true, why: `${self.name} renews: it is certificates.issuer` }
    : { isIssuer: false, reason: { code: 'other-issuer', node: self.name, issuer } };
}

/** Of two holders both renew: each serves those who reach it. */
function asHolder({ self }: Cluster, vip: string, others: Holders): Issuership {
  const why = `${self.name} renews: it holds the VIP ${vip}`;
  if (others === null || others.length === 0) return { isIssuer: true, why };
  const nodes = [self, ...others].map(({ name }) => name);
  return { isIssuer: true, why, odd: { code: 'vip-held-twice', address: vip, nodes } };
}

function elsewhere(
  cluster: Cluster,
  vip: string,
  { others, addresses }: { readonly others: Holders; readonly addresses: AddressesHere },
): Issuership {
  const issue = { node: cluster.self.name, vip };
  const [holder] = others ?? [];
  if (holder !== undefined) {
    return { isIssuer: false, reason: { code: 'vip-held-elsewhere', ...issue, holder: holder.name } };
  }
  if (isOnLoopback(cluster, vip, addresses))
    return { isIssuer: false, reason: { code: 'vip-on-loopback', ...issue } };
  const code = others === null ? 'vip-not-held' : 'vip-held-by-nobody';
  return { isIssuer: false, reason: { code, ...issue } };
}

/** Whether this node is to renew, with the other holders' names in the words where the peers tell them within some seconds. */
export async function askForIssuership(cluster: Cluster): Promise<Issuership> {
  const issuership = issuershipOf(cluster);
  const { config } = cluster;
  const [vip] = config.vips;
  const { mode, issuer } = config.certificates;
  if (mode === 'per-node' || issuer !== 'vip' || vip === undefined) return issuership;
  const { askForHolders } = await import('../peers/holders.ts');
  return issuershipOf(cluster, await askForHolders(cluster, vip));
}
