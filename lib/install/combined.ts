import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { writeWhole } from './files.ts';

/** What some web servers want: certificate, chain and key in one file. */
export interface Combined {
  /** Makes it of what live points at, with the key's mode and group; does nothing where it is not wanted. */
  write(lineage: string): Promise<void>;
}

/** HAProxy reads `live/NAME/haproxy.pem` (haproxy(1), crt); the others read the parts. */
export function createCombined({
  certificates,
  webServer,
}: Pick<Config, 'certificates' | 'webServer'>): Combined {
  return {
    async write(lineage) {
      if (webServer.kind !== 'haproxy') return;
      const live = join(certificates.configDir, 'live', lineage);
      const key = join(live, 'privkey.pem');
      const [chain, privateKey, { mode, gid }] = await Promise.all([
        readFile(join(live, 'fullchain.pem'), 'utf8'),
        readFile(key, 'utf8'),
        stat(key),
      ]);
      await writeWhole(join(live, 'haproxy.pem'), `${chain.trimEnd()}\n${privateKey}`, {
        mode: mode & 0o777,
        gid,
      });
    },
  };
}
