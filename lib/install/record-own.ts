import { X509Certificate } from 'node:crypto';
import type { Bundle } from '../bundle/bundle.ts';
import type { Config } from '../config/config.ts';
import { namesOf } from '../lineage/names.ts';
import { createRecords } from './records.ts';

/** What certbot itself has put in place on this node is installed here as well: the peers ask for it. */
export async function recordOwn(
  { stateDir }: Pick<Config, 'stateDir'>,
  self: string,
  bundle: Bundle,
): Promise<void> {
  const { lineage, leaf, number } = bundle.manifest;
  const records = createRecords(stateDir);
  const known = (await records.installed()).find((record) => record.lineage === lineage);
  if (known?.leaf.sha256 === leaf.sha256) return;
  const names = namesOf(new X509Certificate(bundle.files['cert.pem']));
  await records.writeInstalled({
    lineage,
    leaf,
    number,
    names,
    from: self,
    installedAt: new Date().toISOString(),
  });
}
