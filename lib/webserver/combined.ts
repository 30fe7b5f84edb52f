import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { WebServer } from './web-server.ts';
import { readText } from '../system/read-text.ts';
import { writeWhole } from '../system/write-file.ts';

/**
 * Makes the one file for a web server that wants certificate, chain and key together, of what live
 * points at, with the key's mode and group. Does nothing for the others.
 * @param live the lineage's directory below live/
 */
export async function writeCombined(webServer: Pick<WebServer, 'expects'>, live: string): Promise<void> {
  const { certificate, key: keyFile } = webServer.expects(live);
  if (certificate !== keyFile) return;
  const key = join(live, 'privkey.pem');
  const [chain, privateKey, { mode, gid }] = await Promise.all([
    readText(join(live, 'fullchain.pem')),
    readText(key),
    stat(key),
  ]);
  await writeWhole(certificate, `${chain.trimEnd()}\n${privateKey}`, { mode: mode & 0o777, gid });
}
