import type { Target } from '../cluster/target.ts';
import { covers } from '../lineage/covers.ts';
import type { Lineage } from '../lineage/lineage.ts';
import { namesOf } from '../lineage/names.ts';
import { isIpAddress } from '../net/address.ts';
import type { X509Certificate } from 'node:crypto';
import { shakeHands, type Endpoint, type Handshake } from './tls-handshake.ts';

/** What a target serves for a lineage's first name, in words: one look, for a report. */
export async function servedAt(target: Target, { leaf }: Lineage, signal: AbortSignal): Promise<string> {
  const [name = ''] = namesOf(leaf);
  const seen = await lookFor(leaf, endpointFor(target, name), signal);
  if (seen.kind !== 'certificate') return `port ${target.httpsPort}: ${seen.reason}`;
  const { certificate } = seen;
  if (certificate.fingerprint256 === leaf.fingerprint256) return 'serves the new certificate';
  return covers(namesOf(certificate), concreteName(name))
    ? `serves another certificate of this name (serial ${certificate.serialNumber})`
    : `serves no certificate for ${name}`;
}

/** A name that can be asked for: a wildcard stands for any label, so one is as good as another. */
export function concreteName(name: string): string {
  return name.replace(/^\*\./, 'certbot-ha-probe.');
}

/** Where and how to ask an address for a certificate's name, which may be a wildcard or an IP address. */
export function endpointFor(
  { address, httpsPort }: { readonly address: string; readonly httpsPort: number },
  name: string,
): Endpoint {
  const host = concreteName(name);
  return { address, port: httpsPort, servername: isIpAddress(host) ? null : host.replace(/\.$/, '') };
}

/**
 * One look at what is presented in place of a certificate. A web server may have two certificates of
 * one name, EC and RSA: then the one of the wanted one's type is asked for.
 */
export async function lookFor(
  wanted: X509Certificate,
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<Handshake> {
  const seen = await shakeHands(endpoint, signal);
  const keyType = wanted.publicKey.asymmetricKeyType;
  if (seen.kind !== 'certificate' || (keyType !== 'ec' && keyType !== 'rsa')) return seen;
  if (seen.certificate.publicKey.asymmetricKeyType === keyType) return seen;
  const other = await shakeHands({ ...endpoint, keyType }, signal);
  return other.kind === 'certificate' ? other : seen;
}
