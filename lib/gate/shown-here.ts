import { join } from 'node:path';
import type { Cluster } from '../cluster/cluster.ts';
import { settingsOf } from '../cluster/lineage-settings.ts';
import { isProbed, targetsFor, type Target } from '../cluster/target.ts';
import { heldTargets } from '../cluster/vips.ts';
import { liveOf } from '../certbot/config-dir.ts';
import type { FindingOf } from '../findings/register.ts';
import { certificateAt } from '../lineage/certificate.ts';
import { createLeafIndex } from '../lineage/leaf-index.ts';
import { namesOf } from '../lineage/names.ts';
import { connections } from '../net/connections.ts';
import { within } from '../system/deadline.ts';
import { namesAt, type NameAt } from './name-at.ts';
import { servedCertificate, wantedOf } from './served-certificate.ts';

const LOOK_TIMEOUT_MS = 5_000;

/**
 * Where this node, or a VIP that it holds, presents a certificate of a lineage now: its own, or an older one of it. Null where none is
 * seen, which is no proof that it is not used. Resolves within some seconds.
 */
export async function shownHere(
  cluster: Cluster,
  lineage: string,
): Promise<FindingOf<'lineage-served'> | null> {
  const { configDir } = cluster.config.certificates;
  const certificate = await certificateAt(join(liveOf(configDir, lineage), 'cert.pem'));
  if (certificate === null) return null;
  const targets = heldTargets(cluster, targetsFor(cluster, lineage)).filter(isProbed);
  const places = namesAt(namesOf(certificate), settingsOf(cluster.config, lineage).served);
  const signal = within(new AbortController().signal, LOOK_TIMEOUT_MS);
  const isOfAnother = createLeafIndex(configDir);
  const look = async (target: Target, { name, service }: NameAt) =>
    await connections(async () => {
      const wanted = wantedOf(certificate, { name, service });
      const seen = await servedCertificate(target, wanted, signal);
      const isOwn =
        seen.kind === 'another' &&
        (await isOfAnother(seen.leaf, '')) &&
        !(await isOfAnother(seen.leaf, lineage));
      if (seen.kind !== 'wanted' && !isOwn) return null;
      const { address } = target;
      return {
        code: 'lineage-served',
        lineage,
        name,
        address,
        port: service?.port ?? target.httpsPort,
      } as const;
    });
  const looks = targets.flatMap((target) => places.map(async (nameAt) => await look(target, nameAt)));
  return (await Promise.all(looks)).find((seen) => seen !== null) ?? null;
}
