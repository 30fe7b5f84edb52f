import { list, quoted, type Area } from './area.ts';

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
    `${file}: does not cover ${name}, only ${list(names, 'no name')}`,
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

interface OfKey {
  readonly key: string;
}

interface OfLineage extends OfKey {
  readonly lineage: string;
}

/** Why a renewal configuration must not be installed. Values are shortened. */
export const RENEWAL_CONF = {
  'conf-odd-character': ({ line }: { readonly line: number }) =>
    `renewal.conf, line ${line}: a character that certbot does not write`,
  'conf-invalid-line': ({ line }: { readonly line: number }) =>
    `renewal.conf, line ${line}: expected key = value, each key and section once, as certbot writes it`,
  'conf-differs': ({ key, lineage, value }: OfLineage & { readonly value: string }) =>
    `renewal.conf: ${key}: not as in this node's own renewal/${lineage}.conf: ${quoted(value)}`,
  'conf-invalid-account': ({ value }: { readonly value: string }) =>
    `renewal.conf: account: expected 32 hexadecimal characters, got ${quoted(value)}`,
  'conf-invalid-server': ({ value }: { readonly value: string }) =>
    `renewal.conf: server: expected the URL of an ACME directory, got ${quoted(value)}`,
  'conf-reference': ({ key, value }: OfKey & { readonly value: string }) =>
    `renewal.conf: ${key}: refers to another key: ${quoted(value)}`,
  'conf-other-path': ({ key, expected, value }: OfKey & Readonly<Record<'expected' | 'value', string>>) =>
    `renewal.conf: ${key}: expected ${expected}, got ${quoted(value)}`,
  'conf-foreign-command': ({ key, lineage, value }: OfLineage & { readonly value: string }) =>
    `renewal.conf: ${key}: a command that is neither certbot-ha's nor in this node's own renewal/${lineage}.conf: ${quoted(value)}`,
  'conf-unknown-key': ({ key, lineage }: OfLineage) => [
    `renewal.conf: ${key}: not known to be harmless, and not in this node's own renewal/${lineage}.conf`,
    'if you have set it, put it into /etc/letsencrypt/cli.ini on every node instead',
    `then remove it from renewal/${lineage}.conf where it comes from`,
  ],
} satisfies Area;
