import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { CLONE } from '../test/lab/dist.ts';

/** Where the Node.js lies that certbot-ha-standalone brings; it is fetched where it is not there yet. @throws where it cannot be had */
export function standaloneHome(): string {
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  return execFileSync(join(CLONE, 'packaging/node.sh'), [architecture], { encoding: 'utf8' }).trim();
}
