import { list, quoted, shellWord, type Area } from './area.ts';

interface InFile {
  readonly file: string;
}

/** One of the certificates of a file; null where the file holds only one. */
interface Certificate extends InFile {
  /** `certificate 1 (CN=R10)` */
  readonly which: string | null;
}

interface Issuer extends InFile {
  /** counted from 1 */
  readonly number: number;
  readonly title: string;
  /** what it should have issued, and who has */
  readonly below: string;
  readonly issuer: string;
}

interface Foreign extends InFile {
  readonly number: number;
  readonly title: string;
  /** what stands there in cert.pem and chain.pem */
  readonly expected: string;
}

/** Why a lineage must not be served. */
export const LINEAGE = {
  'file-missing': ({ file }: InFile) => `${file}: no such file`,
  'file-unreadable': ({ file, error }: InFile & { readonly error: string }) =>
    `${file}: cannot be read (${error})`,
  'not-a-link': ({ file }: InFile) =>
    `${file}: expected a link into archive/, as certbot makes it; got a file`,
  'link-elsewhere': ({ file, target, expected }: InFile & Readonly<Record<'target' | 'expected', string>>) =>
    `${file}: a link to ${target}, expected one into ${expected}`,
  'no-certificate': ({ file }: InFile) => `${file}: expected a certificate in PEM, got none`,
  'certificate-damaged': ({ file, number, count }: InFile & Readonly<Record<'number' | 'count', number>>) =>
    `${file}: certificate ${number} of ${count} is damaged`,
  'too-many-certificates': ({ file, count }: InFile & { readonly count: number }) =>
    `${file}: expected one certificate, got ${count}`,
  'no-private-key': ({ file }: InFile) => `${file}: expected a private key in PEM, got none that can be read`,
  'private-key-encrypted': ({ file }: InFile) => `${file}: the private key is encrypted`,
  'private-key-mismatch': ({ file, title }: InFile & { readonly title: string }) =>
    `${file}: not the key of cert.pem (${title})`,
  'chain-broken': ({ file, number, title, below, issuer }: Issuer) =>
    `${file}: certificate ${number} (${title}) is not the issuer of ${below}, which is ${issuer}`,
  'fullchain-length': ({ file, expected, got }: InFile & Readonly<Record<'expected' | 'got', number>>) =>
    `${file}: expected cert.pem and chain.pem, ${expected} certificates, got ${got}`,
  'fullchain-differs': ({ file, number, title, expected }: Foreign) =>
    `${file}: certificate ${number} (${title}) is not ${expected}`,
  'name-not-covered': ({ file, name, names }: InFile & Covered) =>
    `${file}: does not cover ${name}${names.length === 0 ? ': it has no name' : `, only ${list(names, '')}`}`,
  'dates-unreadable': ({ dates, ...certificate }: Certificate & { readonly dates: readonly string[] }) =>
    `${of(certificate)}its dates cannot be read: ${JSON.stringify(dates)}`,
  'not-valid-yet': ({ from, ...certificate }: Certificate & { readonly from: string }) =>
    `${of(certificate)}not valid before ${from}: is this host's clock right?`,
  'leaf-expired': ({ file, at }: InFile & { readonly at: string }) => `${file}: expired at ${at}`,
  'issuer-expired': ({ at, ...certificate }: Certificate & { readonly at: string }) =>
    `${of(certificate)}expired at ${at}`,
  'not-in-config-dir': ({ directory, configDir }: Readonly<Record<'directory' | 'configDir', string>>) =>
    `${directory} is not below certificates.configDir, which is ${configDir}`,
  'renewed-meanwhile': ({ directory }: { readonly directory: string }) =>
    `${directory} has been renewed while it was read`,
} satisfies Area;

interface Covered {
  readonly name: string;
  readonly names: readonly string[];
}

function of({ file, which }: Certificate): string {
  return `${file}: ${which === null ? '' : `${which} `}`;
}

interface OfValue {
  readonly value: string;
}

/** A renewal configuration, and what of it a node takes from another one. Values are shortened. */
export const RENEWAL_CONF = {
  'conf-not-ours': ({ lineage }: Named) =>
    `renewal/${lineage}.conf: not a lineage that certbot-ha's hooks renew`,
  'conf-without-authenticator': ({ file }: { readonly file: string }) =>
    `${file}: names no authenticator: certbot does not renew it`,
  'conf-invalid-account': ({ value }: OfValue) =>
    `renewal.conf: account: expected 32 hexadecimal characters, got ${quoted(value)}`,
  'conf-invalid-server': ({ value }: OfValue) =>
    `renewal.conf: server: expected the URL of an ACME directory, got ${quoted(value)}`,
  'conf-invalid-value': ({ key, value }: OfValue & { readonly key: string }) =>
    `renewal.conf: ${key}: expected a value as certbot writes it, got ${quoted(value)}`,
  'conf-differs': ({ key, lineage, value }: Named & OfValue & { readonly key: string }) =>
    `renewal.conf: ${key}: not as in this node's own renewal/${lineage}.conf: ${quoted(value)}`,
  'lineage-of-others': ({ lineage }: Named) =>
    `renewal/${lineage}.conf: on this node something other than certbot-ha's hooks renews ${lineage}`,
  'names-lost': ({ lineage, names }: Named & { readonly names: readonly string[] }) =>
    `${lineage}: the new certificate lacks ${names.join(', ')}, which the installed one has`,
  // The command is on the first line: an earlier version shows no other one.
  'change-refused': ({ lineage, changes }: Named & { readonly changes: readonly string[] }) =>
    `if that change is meant, on each node: certbot-ha accept ${[lineage, ...changes].map(shellWord).join(' ')}`,
} satisfies Area;

interface Named {
  readonly lineage: string;
}
