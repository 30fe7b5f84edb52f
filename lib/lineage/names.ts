import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrorCode } from '../errors.ts';

/**
 * The names of every lineage that certbot would renew (`renewal/*.conf`), each once, without
 * wildcards, which HTTP-01 cannot prove. A lineage without a readable certificate has none.
 */
export async function readLineageNames(configDir: string): Promise<readonly string[]> {
  const entries = await readdir(join(configDir, 'renewal')).catch(nothingThere([]));
  const lineages = entries
    .filter((entry) => entry.endsWith('.conf'))
    .map((entry) => entry.slice(0, -'.conf'.length));
  const names = await Promise.all(
    lineages.toSorted().map(async (lineage) => {
      const pem = await readFile(join(configDir, 'live', lineage, 'cert.pem'), 'utf8').catch(
        nothingThere(''),
      );
      return pem === '' ? [] : namesOf(new X509Certificate(pem));
    }),
  );
  return [...new Set(names.flat())].filter((name) => !name.startsWith('*.'));
}

/** The DNS names and IP addresses that a certificate is for (RFC 5280, section 4.2.1.6). */
export function namesOf(certificate: X509Certificate): readonly string[] {
  return (certificate.subjectAltName ?? '')
    .split(', ')
    .flatMap((entry) => /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1] ?? []);
}

function nothingThere<T>(nothing: T): (error: unknown) => T {
  return (error) => {
    if (hasErrorCode(error, 'ENOENT', 'EACCES', 'ENOTDIR')) return nothing;
    throw error;
  };
}
