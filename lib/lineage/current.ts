import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { liveOf, numberOfCertificate } from '../certbot/config-dir.ts';
import { leafOf, type Leaf } from './generation.ts';
import { isUnreachable } from '../base/errors.ts';
import { readLink } from '../system/read-file.ts';
import { readText } from '../system/read-text.ts';
import { namesOf } from './names.ts';

/** The generation that a node's live/NAME points at. */
export interface CurrentGeneration extends Leaf {
  readonly number: number;
  readonly names: readonly string[];
}

/** The generation of a lineage that is in place on this node; null when there is none that can be read. */
export async function currentGeneration(
  configDir: string,
  lineage: string,
): Promise<CurrentGeneration | null> {
  const file = join(liveOf(configDir, lineage), 'cert.pem');
  try {
    const certificate = new X509Certificate(await readText(file));
    const number = numberOfCertificate((await readLink(file)) ?? '') ?? 0;
    return { ...leafOf(certificate), number, names: namesOf(certificate) };
  } catch (error) {
    const isDamaged = error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_OSSL');
    if (isDamaged || error instanceof RangeError) return null;
    if (isUnreachable(error)) return null;
    throw error;
  }
}
