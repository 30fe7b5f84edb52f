import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { selfSigned } from '../certificates.ts';
import type { LabOptions } from '../contract.ts';
import { COMMANDS, requireDist } from '../dist.ts';
import { pebbleConfig } from '../pebble.ts';
import type { Addresses } from './addresses.ts';
import { nginxDirectory, pathsBelow } from './layout.ts';
import { nginxMain, nginxSites } from './nginx.ts';

export interface CaFiles {
  readonly configFile: string;
  /** What the CA's clients have to trust. */
  readonly caFile: string;
}

export async function putCa(directory: string, addresses: Addresses): Promise<CaFiles> {
  const [caFile, key, configFile] = ['ca.crt', 'ca.key', 'pebble.json'].map((name) =>
    join(directory, name),
  ) as [string, string, string];
  const address = addresses.of(2);
  const pair = await selfSigned([`IP:${address}`]);
  const config = pebbleConfig({
    listen: `${address}:${addresses.acme}`,
    managementListen: `${address}:${addresses.acmeManagement}`,
    certificate: caFile,
    key,
    httpPort: addresses.http,
    tlsPort: addresses.https,
  });
  await Promise.all([
    writeFile(caFile, pair.certificate),
    writeFile(key, pair.key, { mode: 0o600 }),
    writeFile(configFile, config),
  ]);
  return { configFile, caFile };
}

/** The suite's commands and the Node.js that runs this, to be first in PATH. */
export async function putBin(directory: string, install: boolean): Promise<string> {
  const binDir = join(directory, 'bin');
  await mkdir(binDir, { recursive: true });
  await symlink(process.execPath, join(binDir, 'node'));
  if (!install) return binDir;
  // A copy, so that a build meanwhile does not take the commands away.
  const suite = join(directory, 'certbot-ha');
  await cp(await requireDist(), suite, { recursive: true });
  await Promise.all(
    Object.entries(COMMANDS).map(([name, target]) => symlink(join(suite, target), join(binDir, name))),
  );
  return binDir;
}

/** A node's directory, without the suite's configuration. */
export async function putNode(
  directory: string,
  address: string,
  { addresses, webServerPort443 }: { addresses: Addresses } & Pick<Required<LabOptions>, 'webServerPort443'>,
): Promise<void> {
  const paths = pathsBelow(directory);
  const nginx = nginxDirectory(directory);
  const challenges = join(paths.webroot, '.well-known/acme-challenge');
  const parts = [challenges, join(paths.stateDir, 'pending'), paths.letsencrypt, paths.nginxConfDir];
  await Promise.all(parts.map((part) => mkdir(part, { recursive: true })));
  const isRoot = process.getuid?.() === 0;
  await writeFile(
    join(nginx, 'nginx.conf'),
    nginxMain({ directory: nginx, confDir: paths.nginxConfDir, isRoot }),
  );
  const site = webServerPort443 ? await putOtherSite(nginx) : undefined;
  const files = nginxSites(address, addresses, paths.webroot, site);
  await Promise.all(
    Object.entries(files).map(([name, content]) => writeFile(join(paths.nginxConfDir, name), content)),
  );
}

async function putOtherSite(directory: string): Promise<{ certificate: string; key: string }> {
  const pair = await selfSigned(['DNS:other.example.org']);
  const [certificate, key] = [join(directory, 'other-site.crt'), join(directory, 'other-site.key')];
  await writeFile(certificate, pair.certificate);
  await writeFile(key, pair.key, { mode: 0o600 });
  return { certificate, key };
}
