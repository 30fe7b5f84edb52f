import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { Cluster } from '../cluster/cluster.ts';
import { settingsOf } from '../cluster/lineage-settings.ts';
import type { Service } from '../cluster/service.ts';
import { isProbed, targetsFor, type Target } from '../cluster/target.ts';
import { heldTargets } from '../cluster/vips.ts';
import { liveOf } from '../certbot/config-dir.ts';
import type { FindingOf } from '../findings/register.ts';
import { createLeafIndex } from '../lineage/leaf-index.ts';
import { namesOf } from '../lineage/names.ts';
import { connections } from '../net/connections.ts';
import { within } from '../system/deadline.ts';
import { textOf } from '../system/read-file.ts';
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
  const certificate = await certificateOf(configDir, lineage);
  if (certificate === null) return null;
  const targets = heldTargets(cluster, targetsFor(cluster, lineage)).filter(isProbed);
  const services = settingsOf(cluster.config, lineage).served ?? [null];
  const signal = within(new AbortController().signal, LOOK_TIMEOUT_MS);
  const isOfAnother = createLeafIndex(configDir);
  const look = async (target: Target, name: string, service: Service | null) =>
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
  const places = targets.flatMap((target) => services.map((service) => ({ target, service })));
  const looks = places.flatMap(({ target, service }) =>
    namesOf(certificate).map(async (name) => await look(target, name, service)),
  );
  return (await Promise.all(looks)).find((seen) => seen !== null) ?? null;
}

/** Null where there is none, or none that can be read: then nothing can be compared. */
async function certificateOf(configDir: string, lineage: string): Promise<X509Certificate | null> {
  try {
    const text = await textOf(join(liveOf(configDir, lineage), 'cert.pem'));
    return text === null ? null : new X509Certificate(text);
  } catch {
    return null;
  }
}
