import type { Cluster } from '../cluster/cluster.ts';
import { CertbotHaError } from '../base/errors.ts';
import type { Finding } from '../findings/register.ts';
import { addressesHere, type AddressesHere } from '../cluster/machine.ts';
import { doesHolderRenew, heldHere, isOnLoopback } from '../cluster/vips.ts';
import { holdersAmong, oddHolders, type Holding } from '../peers/holdings.ts';

/** Whether this node is to renew now: why, in words for people, or what keeps it from it. */
export type Issuership = (
  { readonly isIssuer: true; readonly why: string } | { readonly isIssuer: false; readonly reason: Finding }
) & {
  /** what is wrong with the VIPs besides */
  readonly odd?: readonly Finding[];
};

/**
 * The rule of `certificates.issuer`, by what the configuration and this machine's interfaces say.
 * @param others which VIPs the peers say to hold, for the words alone
 * @throws {CertbotHaError} `config` for issuer vip without a VIP
 */
export function issuershipOf(
  cluster: Cluster,
  others: readonly Holding[] | null = null,
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
    const why = `${self.name} renews: it holds the VIP ${vip}`;
    // Of two holders both renew: each serves those who reach it.
    const issuership: Issuership = heldHere(cluster, addresses.outward).includes(vip)
      ? { isIssuer: true, why }
      : elsewhere(cluster, vip, { others, addresses });
    return { ...issuership, odd: oddOf(cluster, { others, addresses }) };
  }
  return issuer === self.name
    ? { isIssuer: true, why: `${self.name} renews: it is certificates.issuer` }
    : { isIssuer: false, reason: { code: 'other-issuer', node: self.name, issuer } };
}

interface Known {
  readonly others: readonly Holding[] | null;
  readonly addresses: AddressesHere;
}

function elsewhere(cluster: Cluster, vip: string, { others, addresses }: Known): Issuership {
  const issue = { node: cluster.self.name, vip };
  const [holder] = holdersAmong(others ?? [], vip);
  if (holder !== undefined) {
    return { isIssuer: false, reason: { code: 'vip-held-elsewhere', ...issue, holder: holder.name } };
  }
  if (isOnLoopback(cluster, vip, addresses))
    return { isIssuer: false, reason: { code: 'vip-on-loopback', ...issue } };
  const code = others === null ? 'vip-not-held' : 'vip-held-by-nobody';
  return { isIssuer: false, reason: { code, ...issue } };
}

/** Of the first VIP, that nobody holds it is why nobody renews. */
function oddOf(cluster: Cluster, { others, addresses }: Known): readonly Finding[] {
  if (others === null) return [];
  const { self, peers, config } = cluster;
  const own = { node: self, heldVips: heldHere(cluster, addresses.outward) };
  const [first] = config.vips;
  return oddHolders(config.vips, [own, ...others], others.length === peers.length).filter(
    (found) => found.code !== 'vip-without-holder' || found.address !== first,
  );
}

/** Whether this node is to renew, with the other holders' names in the words where the peers tell them within some seconds. */
export async function askForIssuership(cluster: Cluster): Promise<Issuership> {
  const issuership = issuershipOf(cluster);
  const { config } = cluster;
  if (!doesHolderRenew(config)) return issuership;
  const { askForHoldings } = await import('../peers/holders.ts');
  return issuershipOf(cluster, await askForHoldings(cluster));
}
