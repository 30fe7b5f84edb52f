import { mkdir, readFile, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { CertbotHaError } from '../../../lib/base/errors.ts';
import { readLineage } from '../../../lib/lineage/lineage.ts';
import { expect, test } from '../../support/lineage/certificates.ts';
import { writeLineage } from '../../support/lineage/tree.ts';
import { run } from '../../support/programs/program.ts';

async function problemsOf(directory: string): Promise<readonly string[]> {
  const error: unknown = await readLineage(directory).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof CertbotHaError)) throw new Error('expected a CertbotHaError', { cause: error });
  expect(error.exitCode).toBe(1);
  return error.problems.map((problem) => problem.replace(`${directory}/`, ''));
}

describe('readLineage', () => {
  test('reads the newest generation and counts all of them', async ({ ca, directory }) => {
    const issued = [await ca.issue(['a.test']), await ca.issue(['a.test']), await ca.issue(['a.test'])];
    const live = await writeLineage(directory, 'a.test', issued);
    const lineage = await readLineage(live);
    expect(lineage.generations).toBe(3);
    expect(lineage.leaf.toString()).toBe(issued[2]?.certificate);
    expect(lineage.chain.map(String).join('')).toBe(issued[2]?.chain);
    expect(lineage.fullchain).toHaveLength(2);
    expect(lineage.key.export({ type: 'pkcs8', format: 'pem' })).toBe(issued[2]?.key);
  });

  test("counts generations by certbot's own numbers only", async ({ ca, directory }) => {
    const live = await writeLineage(directory, 'a.test', [await ca.issue(['a.test'])]);
    for (const name of ['cert1.pem.bak', 'cert.pem', 'mycert2.pem', 'certX.pem']) {
      await writeFile(join(directory, 'archive', 'a.test', name), '');
    }
    expect((await readLineage(live)).generations).toBe(1);
  });

  test('takes certificates out of a file with text around them', async ({ ca, directory }) => {
    const issued = await ca.issue(['a.test']);
    const live = await writeLineage(directory, 'a.test', [issued]);
    await writeFile(join(live, 'chain.pem'), `issuer: CN=x\n${issued.chain}\n# end\n`);
    expect((await readLineage(live)).chain).toHaveLength(1);
  });

  test('names every file that is missing', async ({ ca, directory }) => {
    const live = await writeLineage(directory, 'a.test', [await ca.issue(['a.test'])]);
    await rm(live, { recursive: true });
    await mkdir(live);
    expect(await problemsOf(live)).toEqual([
      'cert.pem: no such file [file-missing]',
      'chain.pem: no such file [file-missing]',
      'fullchain.pem: no such file [file-missing]',
      'privkey.pem: no such file [file-missing]',
    ]);
  });

  test('names a link that leads nowhere', async ({ ca, directory }) => {
    const live = await writeLineage(directory, 'a.test', [await ca.issue(['a.test'])]);
    await unlink(join(directory, 'archive', 'a.test', 'chain1.pem'));
    expect(await problemsOf(live)).toEqual(['chain.pem: no such file [file-missing]']);
  });

  test('refuses a directory where a file should be', async ({ ca, directory }) => {
    const live = await writeLineage(directory, 'a.test', [await ca.issue(['a.test'])]);
    await unlink(join(live, 'privkey.pem'));
    await mkdir(join(live, 'privkey.pem'));
    expect(await problemsOf(live)).toEqual(['privkey.pem: cannot be read (EISDIR) [file-unreadable]']);
  });

  test('refuses a lineage whose files are no links', async ({ ca, directory }) => {
    const live = await writeLineage(directory, 'a.test', [await ca.issue(['a.test'])]);
    const content = await readFile(join(live, 'cert.pem'));
    await unlink(join(live, 'cert.pem'));
    await writeFile(join(live, 'cert.pem'), content);
    expect(await problemsOf(live)).toEqual([
      'cert.pem: expected a link into archive/, as certbot makes it; got a file [not-a-link]',
    ]);
  });

  test('says so when a link leads in a circle', async ({ ca, directory }) => {
    const live = await writeLineage(directory, 'a.test', [await ca.issue(['a.test'])]);
    await unlink(join(live, 'chain.pem'));
    await symlink('chain.pem', join(live, 'chain.pem'));
    expect(await problemsOf(live)).toEqual(['chain.pem: cannot be read (ELOOP) [file-unreadable]']);
  });

  const BROKEN = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  test.for([
    ['cert.pem', '', 'cert.pem: expected a certificate in PEM, got none [no-certificate]'],
    ['cert.pem', BROKEN, 'cert.pem: certificate 1 of 1 is damaged [certificate-damaged]'],
    ['chain.pem', 'half a certif', 'chain.pem: expected a certificate in PEM, got none [no-certificate]'],
    [
      'fullchain.pem',
      `${BROKEN}${BROKEN}`,
      'fullchain.pem: certificate 1 of 2 is damaged [certificate-damaged]',
    ],
    [
      'privkey.pem',
      'secret words',
      'privkey.pem: expected a private key in PEM, got none that can be read [no-private-key]',
    ],
  ] as const)('refuses %s with %j', async ([file, content, problem], { ca, directory }) => {
    const live = await writeLineage(directory, 'a.test', [await ca.issue(['a.test'])]);
    await writeFile(join(live, file), content);
    expect(await problemsOf(live)).toEqual([problem]);
  });

  test('refuses two certificates in cert.pem', async ({ ca, directory }) => {
    const issued = await ca.issue(['a.test']);
    const live = await writeLineage(directory, 'a.test', [issued]);
    await writeFile(join(live, 'cert.pem'), issued.certificate + issued.chain);
    expect(await problemsOf(live)).toEqual([
      'cert.pem: expected one certificate, got 2 [too-many-certificates]',
    ]);
  });

  test('refuses an encrypted key', async ({ ca, directory }) => {
    const live = await writeLineage(directory, 'a.test', [await ca.issue(['a.test'])]);
    const key = join(live, 'privkey.pem');
    const encrypt = ['openssl', 'pkey', '-in', key, '-aes256', '-passout', 'pass:word', '-out', `${key}.new`];
    await run(encrypt);
    await writeFile(key, await readFile(`${key}.new`));
    expect(await problemsOf(live)).toEqual([
      'privkey.pem: the private key is encrypted [private-key-encrypted]',
    ]);
  });
});
