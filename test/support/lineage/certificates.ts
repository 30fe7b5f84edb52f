import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../programs/program.ts';
import { test as base } from '../temporary.ts';

export { expect } from '../temporary.ts';

/** A certificate with its key and what a CA hands out beside it, all PEM. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
  /** the intermediate, without the root */
  readonly chain: string;
}

export interface IssueOptions {
  /** default: an hour ago */
  readonly notBefore?: Date;
  /** default: in 30 days */
  readonly notAfter?: Date;
  /** default: ec */
  readonly keyType?: 'ec' | 'rsa';
}

/** A root and an intermediate, made by openssl for one test. */
export interface TestCa {
  readonly root: string;
  /** A leaf for DNS names and IP addresses. */
  issue(names: readonly string[], options?: IssueOptions): Promise<Issued>;
}

const HOUR_MS = 3_600_000;
const CA_EXTENSIONS = `basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
`;

const configOf = (directory: string) => `[req]
distinguished_name = dn
prompt = no
[dn]
[ca]
default_ca = authority
[authority]
database = ${join(directory, 'index.txt')}
new_certs_dir = ${directory}
unique_subject = no
rand_serial = yes
default_md = sha256
policy = policy
[policy]
commonName = optional
[ca_extensions]
${CA_EXTENSIONS}`;

/** @param directory where its files lie. CAs of one title bear the same names, with keys of their own. */
export async function createCa(directory: string, title = 'test CA'): Promise<TestCa> {
  const at = (name: string) => join(directory, name);
  await mkdir(directory, { recursive: true });
  await writeFile(at('index.txt'), '');
  await writeFile(at('openssl.cnf'), configOf(directory));
  const read = async (name: string) => await readFile(at(name), 'utf8');

  await makeKey(at('root.key'), 'ec');
  await openssl([
    ...[
      'req',
      '-x509',
      '-new',
      '-config',
      at('openssl.cnf'),
      '-extensions',
      'ca_extensions',
      '-days',
      '3650',
    ],
    ...['-subj', `/CN=${title} root`, '-key', at('root.key'), '-out', at('root.pem')],
  ]);

  // Its list of what was issued is one file.
  let before: Promise<unknown> = Promise.resolve();
  const inTurn = async (args: readonly string[]) => {
    const turn = before.then(async () => await openssl(args));
    before = turn.catch(() => undefined);
    await turn;
  };

  const sign = async (
    name: string,
    subject: string,
    by: string,
    extensions: string,
    options: IssueOptions,
  ) => {
    await makeKey(at(`${name}.key`), options.keyType ?? 'ec');
    await writeFile(at(`${name}.ext`), extensions);
    await openssl([
      ...['req', '-new', '-config', at('openssl.cnf'), '-subj', subject],
      ...['-key', at(`${name}.key`), '-out', at(`${name}.csr`)],
    ]);
    await inTurn([
      ...['ca', '-batch', '-notext', '-preserveDN', '-config', at('openssl.cnf')],
      ...['-cert', at(`${by}.pem`), '-keyfile', at(`${by}.key`)],
      ...['-startdate', asn1(options.notBefore ?? new Date(Date.now() - HOUR_MS))],
      ...['-enddate', asn1(options.notAfter ?? new Date(Date.now() + 30 * 24 * HOUR_MS))],
      ...['-extfile', at(`${name}.ext`)],
      ...['-in', at(`${name}.csr`), '-out', at(`${name}.pem`)],
    ]);
  };

  await sign('intermediate', `/CN=${title} intermediate`, 'root', CA_EXTENSIONS, {});
  const [root, chain] = [await read('root.pem'), await read('intermediate.pem')];

  return {
    root,
    issue: async (names, options = {}) => {
      const name = `leaf-${randomBytes(4).toString('hex')}`;
      const alternatives = names.map((one) => `${isIP(one) ? 'IP' : 'DNS'}:${one}`).join(',');
      await sign(name, '/', 'intermediate', `subjectAltName = critical,${alternatives}\n`, options);
      return { certificate: await read(`${name}.pem`), key: await read(`${name}.key`), chain };
    },
  };
}

async function makeKey(file: string, type: 'ec' | 'rsa'): Promise<void> {
  const algorithm =
    type === 'ec'
      ? ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256']
      : ['RSA', '-pkeyopt', 'rsa_keygen_bits:2048'];
  await openssl(['genpkey', '-algorithm', ...algorithm, '-out', file]);
}

async function openssl(args: readonly string[]): Promise<void> {
  const { code, stderr } = await run(['openssl', ...args]);
  if (code !== 0) throw new Error(`openssl ${args.join(' ')}: exit ${code}\n${stderr}`);
}

/** `20270203040506Z` */
function asn1(date: Date): string {
  return `${date
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace(/\D/g, '')}Z`;
}

/** A test with a directory of its own, and a CA that it shares with the other tests of its file. */
export const test = base.extend<{ readonly ca: TestCa }>({
  ca: [
    // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures that are used off the pattern
    async ({}, use) => {
      const directory = await mkdtemp(join(tmpdir(), 'certbot-ha-test-ca-'));
      try {
        await use(await createCa(directory));
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    },
    { scope: 'file' },
  ],
});
