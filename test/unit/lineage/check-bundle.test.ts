// @module-tag slow
import { describe } from 'vitest';
import type { Bundle, BundlePath } from '../../../lib/lineage/bundle.ts';
import { checkBundle } from '../../../lib/lineage/check-bundle.ts';
import { collectBundle } from '../../../lib/lineage/collect.ts';
import {
  createCa,
  expect,
  test as base,
  type Issued,
  type TestCa,
} from '../../support/lineage/certificates.ts';
import {
  makeBundle,
  NAME,
  withFiles,
  withManifest,
  without,
  writeIssuerTree,
} from '../../support/lineage/bundle.ts';
import { lineOf } from '../../../lib/findings/words.ts';

const configDir = '/etc/letsencrypt';
const HOUR_MS = 3_600_000;

const check = async (bundle: Bundle) => await checkBundle(bundle, new Date());
const problemsOf = async (bundle: Bundle) => {
  const checked = await check(bundle);
  return 'problems' in checked ? checked.problems.map(lineOf) : [];
};

const test = base.extend<{ readonly issued: Issued }>({
  issued: async ({ ca }, use) => await use(await ca.issue([NAME, '192.0.2.1'])),
});

describe('a bundle', () => {
  test('is what an issuer has, and holds at the receiver', async ({ ca, directory }) => {
    const generations = [await ca.issue([NAME]), await ca.issue([NAME])] as const;
    await writeIssuerTree(directory, generations);
    const bundle = await collectBundle(directory, NAME, 'web1');
    expect(bundle).toEqual(makeBundle(generations[1], { configDir: directory, number: 2 }));
    const checked = await check(bundle);
    if ('problems' in checked) throw new Error(checked.problems.map(lineOf).join('\n'));
    expect(checked.lineage.leaf.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(
      bundle.manifest.leaf.sha256,
    );
  });

  test('is sound with an RSA key', async ({ ca }) => {
    const rsa = await ca.issue([NAME], { keyType: 'rsa' });
    expect(await problemsOf(makeBundle(rsa, { configDir }))).toEqual([]);
  });

  const changes: readonly (readonly [
    string,
    RegExp,
    (bundle: Bundle, ca: TestCa) => Promise<Bundle> | Bundle,
  ])[] = [
    [
      'a file that is not the one in the manifest',
      /^cert\.pem: its SHA-256 is not the one in the manifest \[checksum-differs\]$/,
      (bundle) => ({ ...bundle, files: { ...bundle.files, 'cert.pem': `${bundle.files['cert.pem']}\n` } }),
    ],
    [
      'a checksum that is another one',
      /^account\/regr\.json: its SHA-256 is not/,
      ({ manifest, files }) => ({
        files,
        manifest: {
          ...manifest,
          files: manifest.files.map((file) =>
            file.path === 'account/regr.json' ? { ...file, sha256: '0'.repeat(64) } : file,
          ),
        },
      }),
    ],
    [
      'a file that the manifest does not list',
      /^privkey\.pem: missing from the bundle \[bundle-file-missing\]$/,
      ({ manifest, files }) => ({
        files,
        manifest: { ...manifest, files: manifest.files.filter(({ path }) => path !== 'privkey.pem') },
      }),
    ],
    [
      'a file that is not there',
      /^renewal\.conf: missing from the bundle \[bundle-file-missing\]$/,
      ({ manifest, files }) => ({
        manifest,
        files: without(files, 'renewal.conf') as Bundle['files'],
      }),
    ],
    [
      'the key of another certificate',
      /privkey\.pem: not the key of cert\.pem/,
      async (bundle, ca) => withFiles(bundle, { 'privkey.pem': (await ca.issue([NAME])).key }),
    ],
    [
      'a key that is none',
      /privkey\.pem: expected a private key in PEM, got none/,
      (bundle) => withFiles(bundle, { 'privkey.pem': 'nothing' }),
    ],
    [
      'a certificate that is none',
      /cert\.pem: expected a certificate in PEM, got none/,
      (bundle) => withFiles(bundle, { 'cert.pem': '' }),
    ],
    [
      'the root before the intermediate',
      /chain\.pem: certificate 1 .* is not the issuer of cert\.pem/,
      (bundle, ca) => {
        const chain = ca.root + bundle.files['chain.pem'];
        return withFiles(bundle, { 'chain.pem': chain, 'fullchain.pem': bundle.files['cert.pem'] + chain });
      },
    ],
    [
      'a full chain that is another one',
      /fullchain\.pem: expected cert\.pem and chain\.pem, 2 certificates, got 1/,
      (bundle) => withFiles(bundle, { 'fullchain.pem': bundle.files['cert.pem'] }),
    ],
    [
      "a serial that is not the certificate's",
      /^manifest: leaf: not the certificate in cert\.pem \[manifest-other-leaf\]$/,
      (bundle) => withManifest(bundle, { leaf: { ...bundle.manifest.leaf, serial: '00' } }),
    ],
    [
      "a notBefore that is not the certificate's",
      /^manifest: leaf: not the certificate/,
      (bundle) =>
        withManifest(bundle, { leaf: { ...bundle.manifest.leaf, notBefore: new Date().toISOString() } }),
    ],
    [
      "a notAfter that is not the certificate's",
      /^manifest: leaf: not the certificate/,
      (bundle) =>
        withManifest(bundle, { leaf: { ...bundle.manifest.leaf, notAfter: '2100-01-01T00:00:00.000Z' } }),
    ],
    [
      'the SHA-256 of another leaf',
      /^manifest: leaf: not the certificate/,
      (bundle) => withManifest(bundle, { leaf: { ...bundle.manifest.leaf, sha256: 'a'.repeat(64) } }),
    ],
    [
      'a name with a slash',
      /^manifest: lineage: not a name that certbot gives: "a\/b" \[manifest-invalid-name\]$/,
      (bundle) => withManifest(bundle, { lineage: 'a/b' }),
    ],
    [
      'a name that leads up',
      /^manifest: lineage: not a name/,
      (bundle) => withManifest(bundle, { lineage: '..' }),
    ],
    ['a hidden name', /^manifest: lineage: not a name/, (bundle) => withManifest(bundle, { lineage: '.x' })],
    [
      'a name with a line end',
      /^manifest: lineage: not a name/,
      (bundle) => withManifest(bundle, { lineage: 'x\n' }),
    ],
    ['no name', /^manifest: lineage: not a name/, (bundle) => withManifest(bundle, { lineage: '' })],
    [
      'hooks of somebody else',
      /^renewal\/www\.example\.test\.conf: not a lineage that certbot-ha's hooks renew \[conf-not-ours\]$/,
      (bundle) =>
        withFiles(bundle, {
          'renewal.conf': bundle.files['renewal.conf'].replace('certbot-ha-auth', '/etc/dns-auth.py'),
        }),
    ],
  ];
  test.for(changes)('is refused with %s', async ([, problem, change], { ca, issued }) => {
    const bundle = await change(makeBundle(issued, { configDir }), ca);
    expect(await problemsOf(bundle)).toContainEqual(expect.stringMatching(problem));
  });

  test('is refused when it has expired, and before its time', async ({ ca }) => {
    const dates = { notBefore: new Date(Date.now() - 2 * HOUR_MS), notAfter: new Date(Date.now() - HOUR_MS) };
    const over = await problemsOf(makeBundle(await ca.issue([NAME], dates), { configDir }));
    expect(over).toEqual([expect.stringMatching(/cert\.pem: expired at /)]);
    const early = await ca.issue([NAME], { notBefore: new Date(Date.now() + HOUR_MS) });
    expect(await problemsOf(makeBundle(early, { configDir }))).toEqual([
      expect.stringMatching(/not valid before/),
    ]);
  });

  test('is refused with the chain of a CA of the same name', async ({ issued, directory }) => {
    const { chain } = await (await createCa(directory)).issue([NAME]);
    const changed = { 'chain.pem': chain, 'fullchain.pem': issued.certificate + chain };
    const problems = await problemsOf(withFiles(makeBundle(issued, { configDir }), changed));
    expect(problems).toEqual([
      expect.stringMatching(/chain\.pem: certificate 1 .* is not the issuer of cert\.pem/),
    ]);
  });

  test('shows nothing of its key when it is refused', async ({ ca, issued }) => {
    const broken = issued.key.replace(/\n(?=-----END)/, '!\n');
    for (const key of [broken, (await ca.issue([NAME])).key]) {
      const said = (
        await problemsOf(withFiles(makeBundle(issued, { configDir }), { 'privkey.pem': key }))
      ).join('\n');
      expect(said).toMatch(/privkey\.pem/);
      for (const line of key.split('\n').slice(1, 3)) expect(said).not.toContain(line);
    }
  });
});

test('every file of a bundle may be changed in one byte, and none of it is believed', async ({ issued }) => {
  const bundle = makeBundle(issued, { configDir });
  for (const path of Object.keys(bundle.files) as BundlePath[]) {
    const files = { ...bundle.files, [path]: `${bundle.files[path]} ` };
    expect(await problemsOf({ ...bundle, files })).toEqual([
      `${path}: its SHA-256 is not the one in the manifest [checksum-differs]`,
    ]);
  }
});
