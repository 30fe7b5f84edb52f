import type { Cluster } from '../cluster/cluster.ts';
import { CertbotHaError } from '../base/errors.ts';
import type { Finding } from '../findings/register.ts';
import { heldHere } from '../cluster/vips.ts';
import type { Holder } from '../peers/holders.ts';

/** Whether this node is to renew now: why, in words for people, or what keeps it from it. */
export type Issuership =
  { readonly isIssuer: true; readonly why: string } | { readonly isIssuer: false; readonly reason: Finding };

/**
 * The rule of `certificates.issuer`, by what the configuration and this machine's interfaces say.
 * @param holder who else has the VIP, for the reason alone
 * @throws {CertbotHaError} `config` for issuer vip without a VIP
 */
export function issuershipOf(cluster: Cluster, holder: Holder = 'unknown'): Issuership {
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
    return heldHere(cluster).includes(vip)
      ? { isIssuer: true, why: `${self.name} renews: it holds the VIP ${vip}` }
      : { isIssuer: false, reason: heldBy(holder, { node: self.name, vip }) };
  }
  return issuer === self.name
    ? { isIssuer: true, why: `${self.name} renews: it is certificates.issuer` }
    : { isIssuer: false, reason: { code: 'other-issuer', node: self.name, issuer } };
}

function heldBy(holder: Holder, issue: { readonly node: string; readonly vip: string }): Finding {
  if (holder === 'unknown') return { code: 'vip-not-held', ...issue };
  if (holder === 'none') return { code: 'vip-held-by-nobody', ...issue };
  return { code: 'vip-held-elsewhere', ...issue, holder: holder.name };
}

/** Whether this node is to renew, with the holder's name in the reason where the peers tell it within some seconds. */
export async function askForIssuership(cluster: Cluster): Promise<Issuership> {
  const issuership = issuershipOf(cluster);
  const { config } = cluster;
  const [vip] = config.vips;
  if (issuership.isIssuer || config.certificates.issuer !== 'vip' || vip === undefined) return issuership;
  const { askForHolder } = await import('../peers/holders.ts');
  return issuershipOf(cluster, await askForHolder(cluster, vip));
}
