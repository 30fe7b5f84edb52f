import { CertbotHaError } from '../base/errors.ts';
import { checkLineage } from '../lineage/check-lineage.ts';
import { readLineage, type Lineage } from '../lineage/lineage.ts';
import type { Deployment } from './deployment.ts';

/**
 * Reads a lineage, and checks it.
 * @throws {CertbotHaError} `failed` when it is not sound
 */
export async function soundLineage({
  directory,
  names,
}: Pick<Deployment, 'directory' | 'names'>): Promise<Lineage> {
  const lineage = await readLineage(directory);
  const problems = checkLineage(lineage, [...new Set(names)], new Date());
  if (problems.length === 0) return lineage;
  throw new CertbotHaError('failed', problems, { hint: 'nothing of this lineage has been delivered' });
}
