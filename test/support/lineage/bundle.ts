import { createHash, X509Certificate } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BUNDLE_FILES, type Bundle, type BundlePath, type Manifest } from '../../../lib/lineage/bundle.ts';
import type { Issued } from './certificates.ts';
import { ACCOUNT, ACCOUNT_KEY, OWN_HOOKS, renewalConf } from './renewal-conf.ts';
import { writeLineage } from './tree.ts';

export interface BundleOptions {
  /** the receiver's, which is the sender's too */
  readonly configDir: string;
  /** default www.example.test */
  readonly lineage?: string;
  /** default 1 */
  readonly number?: number;
  readonly conf?: string;
}

export const NAME = 'www.example.test';

export const ACCOUNT_FILES = {
  'account/meta.json': JSON.stringify({ creation_dt: '2026-11-24T00:00:00Z', creation_host: 'web1' }),
  'account/private_key.json': JSON.stringify(ACCOUNT_KEY),
  'account/regr.json': JSON.stringify({ body: {}, uri: 'https://ca.example.test:14000/my-account/1' }),
} as const;

/** A bundle as a sound sender makes it, put together without the code under test. */
export function makeBundle(issued: Issued, options: BundleOptions): Bundle {
  const { configDir, lineage = NAME, number = 1 } = options;
  const files = {
    'cert.pem': issued.certificate,
    'chain.pem': issued.chain,
    'fullchain.pem': issued.certificate + issued.chain,
    'privkey.pem': issued.key,
    'renewal.conf': options.conf ?? renewalConf({ configDir, lineage, params: OWN_HOOKS }),
    ...ACCOUNT_FILES,
  };
  const leaf = leafIn(issued.certificate);
  return { manifest: { version: 1, lineage, number, leaf, from: 'web1', files: listingOf(files) }, files };
}

/** The same bundle with other content, and a manifest that knows of it. */
export function withFiles(bundle: Bundle, changed: Partial<Record<BundlePath, string>>): Bundle {
  const files = { ...bundle.files, ...changed };
  return { manifest: { ...bundle.manifest, files: listingOf(files) }, files };
}

/** A bundle's files but for one. */
export function without(files: Bundle['files'], path: BundlePath): Partial<Bundle['files']> {
  return Object.fromEntries(Object.entries(files).filter(([name]) => name !== path));
}

export function withManifest(bundle: Bundle, changed: Partial<Manifest>): Bundle {
  return { ...bundle, manifest: { ...bundle.manifest, ...changed } };
}

function listingOf(files: Bundle['files']): Manifest['files'] {
  return (Object.keys(BUNDLE_FILES) as BundlePath[]).map((path) => ({
    path,
    mode: `0${BUNDLE_FILES[path].toString(8)}`,
    sha256: createHash('sha256').update(files[path]).digest('hex'),
  }));
}

export function leafIn(pem: string): Manifest['leaf'] {
  const { raw, serialNumber, validFrom, validTo } = new X509Certificate(pem);
  return {
    sha256: createHash('sha256').update(raw).digest('hex'),
    serial: serialNumber,
    notBefore: new Date(validFrom).toISOString(),
    notAfter: new Date(validTo).toISOString(),
  };
}

/** An issuer's whole configuration directory, as certbot leaves it. Resolves to live/NAME. */
export async function writeIssuerTree(
  configDir: string,
  generations: readonly Issued[],
  { lineage = NAME, conf }: { readonly lineage?: string; readonly conf?: string } = {},
): Promise<string> {
  const live = await writeLineage(configDir, lineage, generations);
  const text = conf ?? renewalConf({ configDir, lineage, params: OWN_HOOKS });
  await mkdir(join(configDir, 'renewal'), { recursive: true });
  await writeFile(join(configDir, 'renewal', `${lineage}.conf`), text);
  const account = join(configDir, 'accounts', 'ca.example.test:14000', 'dir', ACCOUNT);
  await mkdir(account, { recursive: true, mode: 0o700 });
  for (const [path, content] of Object.entries(ACCOUNT_FILES)) {
    await writeFile(join(account, path.replace('account/', '')), content, { mode: 0o400 });
  }
  return live;
}

/** The lines of a private key between its armour: what must show nowhere. */
export function bodyOf(pem: string): readonly string[] {
  return pem.split('\n').filter((line) => line.length > 20 && !line.startsWith('-----'));
}

/** What of a bundle must show nowhere. */
export function secretsOf(bundle: Bundle): readonly string[] {
  return [...bodyOf(bundle.files['privkey.pem']), ACCOUNT_KEY.d ?? ''];
}
