import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { CertbotHaError } from '../base/errors.ts';
import { readdir, readlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { numberOfCertificate, type Part } from '../certbot/config-dir.ts';
import type { Finding } from '../findings/register.ts';
import { readText } from '../system/read-text.ts';
import { unreadable } from './unreadable.ts';

/** What lies in `live/NAME`: certbot's newest certificate of a name, its chain and its key. */
export interface Lineage {
  readonly directory: string;
  readonly leaf: X509Certificate;
  readonly chain: readonly X509Certificate[];
  readonly fullchain: readonly X509Certificate[];
  readonly key: KeyObject;
  /** certificates that certbot has kept of it, this one included */
  readonly generations: number;
}

/** A file is not what it should be. */
class PartProblem extends Error {
  readonly finding: Finding;

  constructor(finding: Finding, options?: ErrorOptions) {
    super(finding.code, options);
    this.finding = finding;
  }
}

/**
 * Reads a lineage from `live/NAME`. What its files hold may still not fit together: that is `checkLineage`.
 * @throws {CertbotHaError} `failed`, with every file that is missing, unreadable or something else
 */
export async function readLineage(directory: string): Promise<Lineage> {
  return await assemble(
    directory,
    async (name) => await readText(join(directory, name)),
    async () => await countGenerations(directory),
  );
}

/** A lineage whose files are at hand already; the same errors. `directory` is what messages call it. */
export async function parseLineage(directory: string, contentOf: (name: Part) => string): Promise<Lineage> {
  return await assemble(
    directory,
    async (name) => contentOf(name),
    async () => 1,
  );
}

async function assemble(
  directory: string,
  contentOf: (name: Part) => Promise<string>,
  generationsOf: () => Promise<number>,
): Promise<Lineage> {
  const problems: Finding[] = [];
  const part = async <T>(name: Part, read: (file: string) => Promise<T>): Promise<T | null> => {
    const file = join(directory, name);
    try {
      return await read(file);
    } catch (error) {
      problems.push(explain(error, file));
      return null;
    }
  };
  const certificates = (name: Part) => async (file: string) => certificatesOf(await contentOf(name), file);
  const leaf = await part('cert.pem', async (file) => onlyOf(await certificates('cert.pem')(file), file));
  const generations = leaf && (await part('cert.pem', generationsOf));
  const chain = await part('chain.pem', certificates('chain.pem'));
  const fullchain = await part('fullchain.pem', certificates('fullchain.pem'));
  const key = await part('privkey.pem', async (file) => keyOf(await contentOf('privkey.pem'), file));
  if (leaf === null || generations === null || chain === null || fullchain === null || key === null) {
    throw new CertbotHaError('failed', problems);
  }
  return { directory, leaf, chain, fullchain, key, generations };
}

function explain(error: unknown, file: string): Finding {
  if (error instanceof PartProblem) return error.finding;
  const found = unreadable(error, file);
  if (found === null) throw error;
  return found;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** The certificates of a PEM file in order; text around them does not count (RFC 7468, section 2). */
function certificatesOf(pem: string, file: string): readonly X509Certificate[] {
  const blocks = pem.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) throw new PartProblem({ code: 'no-certificate', file });
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      if (!isOpenSslError(error)) throw error;
      const [number, count] = [index + 1, blocks.length];
      throw new PartProblem({ code: 'certificate-damaged', file, number, count }, { cause: error });
    }
  });
}

function onlyOf(certificates: readonly X509Certificate[], file: string): X509Certificate {
  const [first] = certificates;
  if (first && certificates.length === 1) return first;
  throw new PartProblem({ code: 'too-many-certificates', file, count: certificates.length });
}

/** OpenSSL's own words stay out of the message: nothing that was read from the key may show. */
function keyOf(pem: string, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    if (!isOpenSslError(error)) throw error;
    throw new PartProblem({
      code: pem.includes('ENCRYPTED') ? 'private-key-encrypted' : 'no-private-key',
      file,
    });
  }
}

function isOpenSslError(error: unknown): error is Error {
  return (
    error instanceof Error && 'code' in error && /^ERR_(?:OSSL|MISSING_PASSPHRASE)/.test(String(error.code))
  );
}

/**
 * How many certificates of a lineage certbot has kept: the `certN.pem` in the directory that
 * `live/NAME/cert.pem` leads to, by a link as `../../archive/NAME/certN.pem` (certbot, storage.py).
 * Rejects with the file system's error: `EINVAL` when cert.pem is no link.
 */
async function countGenerations(directory: string): Promise<number> {
  const archive = dirname(resolve(directory, await readlink(join(directory, 'cert.pem'))));
  return (await readdir(archive)).filter((entry) => numberOfCertificate(entry) !== null).length;
}
