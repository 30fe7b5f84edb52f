import { chown, link, mkdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../programs/program.ts';
import { FORGED_MANIFESTS } from './forged-manifests.ts';
import type { Forgery, Forging } from './forgery.ts';

// The path of a socket may be some hundred characters long only.
const BIND = 'import os, socket, sys; os.chdir(sys.argv[1]); socket.socket(socket.AF_UNIX).bind("cert.pem")';

const instead =
  (path: string, put: (file: string) => Promise<unknown>) =>
  async ({ at }: Forgery) => {
    await rm(at(path), { recursive: true });
    await put(at(path));
  };
/** The files are not what they should be. */
const ODD_FILES: readonly Forging[] = [
  [
    'a path that no bundle has',
    /"passwd": not a file of a bundle/,
    async ({ at }) => await writeFile(at('passwd'), ''),
  ],
  [
    'a path with a line end',
    /"a\\nb": not a file of a bundle/,
    async ({ at }) => await writeFile(at('a\nb'), ''),
  ],
  [
    'a directory that no bundle has',
    /"live": not a file of a bundle/,
    async ({ at }) => await mkdir(at('live')),
  ],
  [
    'more in account/',
    /"account\/id_rsa": not a file/,
    async ({ at }) => await writeFile(at('account/id_rsa'), ''),
  ],
  [
    'a thousand files more',
    /"x\d+": not a file/,
    async ({ at }) => {
      await Promise.all(
        Array.from({ length: 1000 }, async (_, index) => await writeFile(at(`x${index}`), '')),
      );
    },
  ],
  [
    'a link for a file',
    /privkey\.pem: a link, expected a file/,
    instead('privkey.pem', async (file) => await symlink('/etc/shadow', file)),
  ],
  [
    'a link for the manifest',
    /manifest\.json: a link, expected a file/,
    instead('manifest.json', async (file) => await symlink('/etc/hostname', file)),
  ],
  [
    'a link that leads nowhere',
    /cert\.pem: a link, expected a file/,
    instead('cert.pem', async (file) => await symlink('/nowhere', file)),
  ],
  [
    'a hard link',
    /cert\.pem: has another name elsewhere/,
    async ({ at, node }) => await link(at('cert.pem'), join(node.inbox, 'second')),
  ],
  ['a pipe', /cert\.pem: not a plain file/, instead('cert.pem', async (file) => await run(['mkfifo', file]))],
  [
    'a pipe for the manifest',
    /manifest\.json: not a plain file/,
    instead('manifest.json', async (file) => await run(['mkfifo', file])),
  ],
  [
    'a socket',
    /cert\.pem: not a plain file/,
    instead('cert.pem', async (file) => await run(['python3', '-c', BIND, dirname(file)])),
  ],
  [
    'a directory for a file',
    /cert\.pem: not a plain file/,
    instead('cert.pem', async (file) => await mkdir(file)),
  ],
  [
    'a link for account/',
    /account: expected a directory/,
    instead('account', async (file) => await symlink('/etc', file)),
  ],
  [
    'a file for account/',
    /account: expected a directory/,
    instead('account', async (file) => await writeFile(file, '')),
  ],
  [
    'a link for the whole',
    /[0-9a-f]{64}: expected a directory/,
    async ({ root, node }) => {
      await rename(root, join(node.inbox, 'elsewhere'));
      await symlink(join(node.inbox, 'elsewhere'), root);
    },
  ],
  [
    'a file for the whole',
    /[0-9a-f]{64}: expected a directory/,
    async ({ root }) => {
      await rm(root, { recursive: true });
      await writeFile(root, '');
    },
  ],
  [
    'a file that is missing',
    /chain\.pem: missing from the bundle/,
    async ({ at }) => await rm(at('chain.pem')),
  ],
  ['no manifest', /manifest\.json: missing from the bundle/, async ({ at }) => await rm(at('manifest.json'))],
  [
    'a file of 1 GB',
    /fullchain\.pem: 1073741824 bytes, expected at most 65536/,
    async ({ at }) => await truncate(at('fullchain.pem'), 2 ** 30),
  ],
  [
    'a manifest of 1 GB',
    /manifest\.json: 1073741824 bytes/,
    async ({ at }) => await truncate(at('manifest.json'), 2 ** 30),
  ],
];

export const FORGERIES: readonly Forging[] = [...ODD_FILES, ...FORGED_MANIFESTS];

/** Those that only root can do. */
export const FOREIGN: readonly Forging[] = [
  [
    'a file of another user',
    /cert\.pem: belongs to user 0, expected \d+/,
    async ({ at }) => await chown(at('cert.pem'), 0, 0),
  ],
  [
    'a manifest of another user',
    /manifest\.json: belongs to user 1/,
    async ({ at }) => await chown(at('manifest.json'), 1, 1),
  ],
  [
    'a directory of another user',
    /account: belongs to user 1/,
    async ({ at }) => await chown(at('account'), 1, 1),
  ],
];
