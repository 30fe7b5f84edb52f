import { X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { checkLineage } from '../../../lib/lineage/check-lineage.ts';
import { readLineage } from '../../../lib/lineage/lineage.ts';
import { createCa, expect, type Issued, test } from '../../support/lineage/certificates.ts';
import { writeLineage } from '../../support/lineage/tree.ts';
import { lineOf } from '../../../lib/findings/words.ts';

const DAY_MS = 24 * 3_600_000;
/** Within every certificate that is made from now on, however long that takes. */
const NOW = new Date(Date.now() + 3_600_000);
const fromNow = (days: number) => new Date(NOW.getTime() + days * DAY_MS);

interface Changed {
  readonly directory: string;
  readonly issued: Issued;
  readonly names: readonly string[];
  /** files to replace */
  readonly files?: Readonly<Record<string, string>>;
}

async function check({ directory, issued, names, files = {} }: Changed): Promise<readonly string[]> {
  const live = await writeLineage(directory, 'a.test', [issued]);
  for (const [file, content] of Object.entries(files)) await writeFile(join(live, file), content);
  const problems = checkLineage(await readLineage(live), names, new Date());
  return problems.map((problem) => lineOf(problem).replace(`${live}/`, ''));
}

describe('checkLineage', () => {
  test.for(['ec', 'rsa'] as const)(
    'finds nothing wrong with a sound one (%s)',
    async (keyType, { ca, directory }) => {
      const issued = await ca.issue(['a.test', '*.b.test', '192.0.2.1', '2001:db8::1'], { keyType });
      const names = ['a.test', '*.b.test', 'c.b.test', '192.0.2.1', '2001:db8::1'];
      expect(await check({ directory, issued, names })).toEqual([]);
    },
  );

  test('finds nothing wrong with a chain up to the root', async ({ ca, directory }) => {
    const issued = await ca.issue(['a.test']);
    const chain = issued.chain + ca.root;
    expect(await check({ directory, issued: { ...issued, chain }, names: ['a.test'] })).toEqual([]);
  });

  test('finds the key of another certificate, and does not show it', async ({ ca, directory }) => {
    const [issued, other] = [await ca.issue(['a.test']), await ca.issue(['a.test'])];
    const problems = await check({
      directory,
      issued,
      names: ['a.test'],
      files: { 'privkey.pem': other.key },
    });
    expect(problems).toEqual([
      expect.stringMatching(
        /^privkey\.pem: not the key of cert\.pem \(serial [0-9A-F]{16,}\) \[private-key-mismatch\]$/,
      ),
    ]);
    expect(problems[0]).not.toContain(other.key.split('\n')[1]);
  });

  test('finds a key of another type', async ({ ca, directory }) => {
    const [issued, other] = [await ca.issue(['a.test']), await ca.issue(['a.test'], { keyType: 'rsa' })];
    const problems = await check({
      directory,
      issued,
      names: ['a.test'],
      files: { 'privkey.pem': other.key },
    });
    expect(problems).toEqual([expect.stringMatching(/^privkey\.pem: not the key of cert\.pem/)]);
  });

  test('finds a chain of another CA', async ({ ca, directory }) => {
    const stranger = await createCa(join(directory, 'stranger'), 'stranger');
    const { chain } = await stranger.issue(['a.test']);
    const issued = { ...(await ca.issue(['a.test'])), chain };
    expect(await check({ directory, issued, names: ['a.test'] })).toEqual([
      'chain.pem: certificate 1 (CN=stranger intermediate) is not the issuer of cert.pem, which is CN=test CA intermediate [chain-broken]',
    ]);
  });

  test('finds a chain of a CA that only bears the same name', async ({ ca, directory }) => {
    const impostor = await createCa(join(directory, 'impostor'));
    const { chain } = await impostor.issue(['a.test']);
    const issued = { ...(await ca.issue(['a.test'])), chain };
    expect(await check({ directory, issued, names: ['a.test'] })).toEqual([
      'chain.pem: certificate 1 (CN=test CA intermediate) is not the issuer of cert.pem, which is CN=test CA intermediate [chain-broken]',
    ]);
  });

  test("finds a certificate with a signature that is not its issuer's", async ({ ca, directory }) => {
    const { raw } = new X509Certificate((await ca.issue(['a.test'])).certificate);
    raw.writeUInt8(raw.readUInt8(raw.length - 1) ^ 1, raw.length - 1);
    const forged = new X509Certificate(raw).toString();
    const issued = { ...(await ca.issue(['a.test'])), certificate: forged };
    expect(await check({ directory, issued, names: ['a.test'] })).toContain(
      'chain.pem: certificate 1 (CN=test CA intermediate) is not the issuer of cert.pem, which is CN=test CA intermediate [chain-broken]',
    );
  });

  test('finds a chain out of order', async ({ ca, directory }) => {
    const issued = await ca.issue(['a.test']);
    const chain = ca.root + issued.chain;
    expect(await check({ directory, issued: { ...issued, chain }, names: ['a.test'] })).toEqual([
      'chain.pem: certificate 1 (CN=test CA root) is not the issuer of cert.pem, which is CN=test CA intermediate [chain-broken]',
      'chain.pem: certificate 2 (CN=test CA intermediate) is not the issuer of certificate 1, which is CN=test CA root [chain-broken]',
    ]);
  });

  test('finds a fullchain.pem without its chain', async ({ ca, directory }) => {
    const issued = await ca.issue(['a.test']);
    const files = { 'fullchain.pem': issued.certificate };
    expect(await check({ directory, issued, names: ['a.test'], files })).toEqual([
      'fullchain.pem: expected cert.pem and chain.pem, 2 certificates, got 1 [fullchain-length]',
    ]);
  });

  test('finds a fullchain.pem of the generation before', async ({ ca, directory }) => {
    const [before, issued] = [await ca.issue(['a.test']), await ca.issue(['a.test'])];
    const files = { 'fullchain.pem': before.certificate + before.chain };
    expect(await check({ directory, issued, names: ['a.test'], files })).toEqual([
      expect.stringMatching(
        /^fullchain\.pem: certificate 1 \(serial [0-9A-F]+\) is not cert\.pem \[fullchain-differs\]$/,
      ),
    ]);
  });

  test('finds a fullchain.pem with another chain', async ({ ca, directory }) => {
    const issued = await ca.issue(['a.test']);
    const files = { 'fullchain.pem': issued.certificate + ca.root };
    expect(await check({ directory, issued, names: ['a.test'], files })).toEqual([
      'fullchain.pem: certificate 2 (CN=test CA root) is not certificate 1 of chain.pem [fullchain-differs]',
    ]);
  });

  test('finds every name that is not covered', async ({ ca, directory }) => {
    const issued = await ca.issue(['a.test', '*.b.test']);
    const names = ['a.test', 'b.test', 'x.y.b.test', '192.0.2.1'];
    expect(await check({ directory, issued, names })).toEqual([
      'cert.pem: does not cover b.test, only a.test, *.b.test [name-not-covered]',
      'cert.pem: does not cover x.y.b.test, only a.test, *.b.test [name-not-covered]',
      'cert.pem: does not cover 192.0.2.1, only a.test, *.b.test [name-not-covered]',
    ]);
  });

  test('finds a certificate that has expired', async ({ ca, directory }) => {
    const notAfter = new Date('2026-01-02T03:04:05Z');
    const issued = await ca.issue(['a.test'], { notBefore: new Date('2025-12-01T00:00:00Z'), notAfter });
    expect(await check({ directory, issued, names: ['a.test'] })).toEqual([
      'cert.pem: expired at 2026-01-02T03:04:05Z [leaf-expired]',
    ]);
  });

  test('finds a certificate that is not valid yet', async ({ ca, directory }) => {
    const notBefore = new Date('2099-01-02T03:04:05Z');
    const issued = await ca.issue(['a.test'], { notBefore, notAfter: new Date('2099-03-01T00:00:00Z') });
    expect(await check({ directory, issued, names: ['a.test'] })).toEqual([
      "cert.pem: not valid before 2099-01-02T03:04:05Z: is this host's clock right? [not-valid-yet]",
    ]);
  });

  test('takes one that is valid some seconds from now: two clocks differ by so much', async ({
    ca,
    directory,
  }) => {
    const issued = await ca.issue(['a.test'], { notBefore: new Date(Date.now() + 8_000) });
    expect(await check({ directory, issued, names: ['a.test'] })).toEqual([]);
    const later = await ca.issue(['a.test'], { notBefore: new Date(Date.now() + 60_000) });
    expect(await check({ directory, issued: later, names: ['a.test'] })).toEqual([
      expect.stringMatching(/not valid before .*\[not-valid-yet\]$/),
    ]);
  });

  test('finds an intermediate that has expired', async ({ ca, directory }) => {
    const issued = await ca.issue(['a.test'], { notAfter: fromNow(300) });
    const live = await writeLineage(directory, 'a.test', [issued]);
    expect(checkLineage(await readLineage(live), ['a.test'], fromNow(60)).map(lineOf)).toEqual([
      expect.stringMatching(/\/chain\.pem: certificate 1 \(CN=test CA intermediate\) expired at 20/),
    ]);
  });

  test('finds all that is wrong at once', async ({ ca, directory }) => {
    const [issued, other] = [
      await ca.issue(['a.test'], { notBefore: fromNow(1) }),
      await ca.issue(['b.test']),
    ];
    const files = { 'privkey.pem': other.key, 'fullchain.pem': issued.certificate };
    const problems = await check({ directory, issued, names: ['b.test'], files });
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'privkey.pem',
      'fullchain.pem',
      'cert.pem',
      'cert.pem',
    ]);
  });
});
