import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Issued } from '../../test/support/lineage/certificates.ts';
import { run } from '../../test/support/programs/program.ts';

/** Issues certificates of a CA that was made for one run of the bench. */
export type Issue = (name: string) => Promise<Issued>;

/** @param directory where its files lie */
export async function createIssuer(directory: string): Promise<Issue> {
  const at = (name: string) => join(directory, name);
  await openssl([
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.pem'),
    '-subj',
    '/CN=bench',
    ...extension('basicConstraints=critical,CA:TRUE'),
  ]);
  const chain = await readFile(at('ca.pem'), 'utf8');
  let count = 0;
  return async (name) => {
    count += 1;
    const [key, certificate] = [at(`${count}.key`), at(`${count}.pem`)];
    await openssl([
      ...[
        '-CA',
        at('ca.pem'),
        '-CAkey',
        at('ca.key'),
        '-keyout',
        key,
        '-out',
        certificate,
        '-subj',
        `/CN=${name}`,
      ],
      ...extension(`subjectAltName=DNS:${name}`),
      ...extension('basicConstraints=critical,CA:FALSE'),
    ]);
    return { key: await readFile(key, 'utf8'), certificate: await readFile(certificate, 'utf8'), chain };
  };
}

const extension = (text: string) => ['-addext', text];

async function openssl(args: readonly string[]): Promise<void> {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const config = ['-config', '/dev/null'];
  const argv = ['openssl', 'req', '-x509', '-days', '30', ...config, ...key, ...args];
  const { code, stderr } = await run(argv);
  if (code !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
}
