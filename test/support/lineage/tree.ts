import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Issued } from './certificates.ts';

/**
 * A lineage as certbot writes it: archive/NAME/KINDn.pem for each generation, and relative links to
 * the last in live/NAME. Written again with more, it is a renewal. Resolves to live/NAME.
 */
export async function writeLineage(
  configDir: string,
  name: string,
  generations: readonly Issued[],
): Promise<string> {
  const [live, archive] = [join(configDir, 'live', name), join(configDir, 'archive', name)];
  await mkdir(live, { recursive: true, mode: 0o700 });
  await mkdir(archive, { recursive: true, mode: 0o700 });
  for (const [index, { certificate, key, chain }] of generations.entries()) {
    const files = { cert: certificate, chain, fullchain: certificate + chain, privkey: key };
    for (const [kind, content] of Object.entries(files)) {
      await writeFile(join(archive, `${kind}${index + 1}.pem`), content, {
        mode: kind === 'privkey' ? 0o600 : 0o644,
      });
    }
  }
  for (const kind of ['cert', 'chain', 'fullchain', 'privkey']) {
    await rm(join(live, `${kind}.pem`), { force: true });
    await symlink(`../../archive/${name}/${kind}${generations.length}.pem`, join(live, `${kind}.pem`));
  }
  return live;
}
