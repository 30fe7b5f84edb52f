import { concreteName, endpointFor } from '../gate/endpoint.ts';
import type { Target } from '../gate/target.ts';
import { lookFor } from '../gate/look-for.ts';
import { covers } from '../lineage/covers.ts';
import type { Lineage } from '../lineage/lineage.ts';
import { namesOf } from '../lineage/names.ts';

/** What a target serves for a lineage's first name, in words: one look, for a report. */
export async function servedAt(target: Target, { leaf }: Lineage, signal: AbortSignal): Promise<string> {
  const [name = ''] = namesOf(leaf);
  const seen = await lookFor(leaf, endpointFor(target, name), signal);
  if (seen.kind !== 'certificate') return `port ${target.httpsPort}: ${seen.reason}`;
  const { certificate } = seen;
  if (certificate.fingerprint256 === leaf.fingerprint256) return 'serves the new certificate';
  return covers(namesOf(certificate), concreteName(name))
    ? `serves another certificate of this name (serial ${certificate.serialNumber})`
    : `serves no certificate for ${name}`;
}
