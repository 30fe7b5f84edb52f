import { X509Certificate } from 'node:crypto';
import type { Target } from '../cluster/target.ts';
import { covers } from '../lineage/covers.ts';
import { idOf, leafOf, type Leaf } from '../lineage/generation.ts';
import { namesOf } from '../lineage/names.ts';
import { isIpAddress } from '../net/address.ts';
import type { Service } from '../cluster/service.ts';
import type { Endpoint, Handshake, KeyType, NoCertificate } from './handshake.ts';
import { shakeHands } from './tls-handshake.ts';
import type { Finding } from '../findings/register.ts';

/** What is presented at an address to whoever asks for a name, compared with the certificate that should be. */
export type ServedCertificate =
  | { readonly kind: 'wanted' }
  /** another certificate of the name, whosever */
  | { readonly kind: 'another'; readonly leaf: Leaf }
  /** a certificate for other names */
  | { readonly kind: 'foreign'; readonly names: readonly string[]; readonly leaf: Leaf }
  /** none for this name, and that is certain; `isSilent`: nothing listens there */
  | { readonly kind: 'none'; readonly reason: NoCertificate; readonly isSilent: boolean }
  /** it could not be seen */
  | { readonly kind: 'unknown'; readonly reason: Finding; readonly isSilent: boolean };

/** The certificate that should be served, and the name to ask for: of the lineage's, this one. */
export interface Wanted {
  readonly sha256: string;
  /** a DNS name, a wildcard or an IP address */
  readonly name: string;
  /** null where it is not known, or neither */
  readonly keyType: KeyType | null;
  /** where to ask for it; null: on the target's httpsPort */
  readonly service: Service | null;
}

/** A certificate as it is wanted for one of its names; default: its first. */
export function wantedOf(
  certificate: X509Certificate,
  { name = namesOf(certificate)[0] ?? '', service = null }: Partial<Pick<Wanted, 'name' | 'service'>> = {},
): Wanted {
  return { sha256: idOf(certificate), name, keyType: keyTypeOf(certificate), service };
}

/** Asks an address once, by a TLS handshake pinned to it. Rejects for a bug only. */
export async function servedCertificate(
  target: Addressed,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<ServedCertificate> {
  const host = concreteName(wanted.name);
  const servername = isIpAddress(host) ? null : host.replace(/\.$/, '');
  const seen = await askFor(wanted, { ...endpointOf(target, wanted.service), servername }, signal);
  if (seen.kind !== 'other') return seen;
  const names = namesOf(seen.certificate);
  const leaf = leafOf(seen.certificate);
  return covers(names, host) ? { kind: 'another', leaf } : { kind: 'foreign', names, leaf };
}

type Addressed = Pick<Target, 'address' | 'httpsPort' | 'isBehindProxy'> & Partial<Pick<Target, 'kind'>>;

/** gate.proxyProtocol is said of httpsPort. */
function endpointOf(
  { kind, address, httpsPort, isBehindProxy }: Addressed,
  service: Service | null,
): Omit<Endpoint, 'servername'> {
  const who = kind === 'vip' ? 'vip' : 'node';
  const { port, starttls } = service ?? { port: httpsPort, starttls: null };
  const isOfWebServer = port === httpsPort && starttls === null;
  if (isOfWebServer) return { who, address, port, isBehindProxy };
  return { who: 'service', address, port, starttls };
}

/** A name that can be asked for: a wildcard stands for any label, so one is as good as another. */
function concreteName(name: string): string {
  return name.replace(/^\*\./, 'certbot-ha-probe.');
}

/** What a handshake has shown. Only a certificate that may count and is not the wanted one is read whole, and once. */
type Shown =
  | Exclude<Handshake, { readonly kind: 'certificate' }>
  | { readonly kind: 'wanted' }
  | { readonly kind: 'other'; readonly certificate: X509Certificate };

/** A web server may have two certificates of one name, EC and RSA: then the one of the wanted one's type counts. */
async function askFor(
  { sha256, keyType }: Pick<Wanted, 'sha256' | 'keyType'>,
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<Shown> {
  const seen = shownBy(await shakeHands(endpoint, signal), sha256);
  if (seen.kind !== 'other') return seen;
  const seenType = keyTypeOf(seen.certificate);
  const nextType = keyType ?? (seenType === 'rsa' ? 'ec' : 'rsa');
  if (nextType === seenType) return seen;
  const next = await shakeHands({ ...endpoint, keyType: nextType }, signal);
  if (next.kind !== 'certificate') return seen;
  // One whose type is not known has to be found to count.
  return keyType !== null || idOf(next.certificate) === sha256 ? shownBy(next, sha256) : seen;
}

function shownBy(handshake: Handshake, sha256: string): Shown {
  if (handshake.kind !== 'certificate') return handshake;
  const { certificate } = handshake;
  if (idOf(certificate) === sha256) return { kind: 'wanted' };
  return { kind: 'other', certificate: new X509Certificate(certificate.raw) };
}

function keyTypeOf({ publicKey }: X509Certificate): KeyType | null {
  const { asymmetricKeyType } = publicKey;
  return asymmetricKeyType === 'ec' || asymmetricKeyType === 'rsa' ? asymmetricKeyType : null;
}
