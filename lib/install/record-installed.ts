import { X509Certificate } from 'node:crypto';
import type { Bundle } from '../bundle/bundle.ts';
import { namesOf } from '../lineage/names.ts';
import type { Records } from './records.ts';

/**
 * Writes down what is in place of a lineage, whoever has put it there: what certbot itself has issued
 * on this node is installed here as well, since the peers ask for it. One that is known stays as it is.
 */
export async function recordInstalled(
  { manifest, files }: Bundle,
  records: Pick<Records, 'installedOf' | 'writeInstalled'>,
  now: Date,
): Promise<void> {
  const { lineage, leaf, number, from } = manifest;
  const known = await records.installedOf(lineage);
  if (known?.leaf.sha256 === leaf.sha256) return;
  const names = namesOf(new X509Certificate(files['cert.pem']));
  await records.writeInstalled({ lineage, leaf, number, names, from, installedAt: now.toISOString() });
}
