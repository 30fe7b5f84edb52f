import type { Finding } from '../../../lib/findings/register.ts';

const folder = 'FOLDER';

/** The same for findings of Syncthing and Unison. */
export const SAMPLES_OF_CARRIERS: readonly Finding[] = [
  { code: 'syncthing-key-file-unreadable', file: 'FILE', error: 'ENOENT' },
  { code: 'syncthing-key-file-open', file: 'FILE', mode: '0644', expected: '0600' },
  { code: 'syncthing-key-file-of-another-user', file: 'FILE', uid: 1000 },
  { code: 'syncthing-key-file-invalid', file: 'FILE' },
  { code: 'syncthing-key-refused', file: 'FILE' },
  { code: 'syncthing-refuses', status: 500, said: 'WHAT IT SAYS' },
  { code: 'syncthing-wants-https', url: 'URL' },
  { code: 'syncthing-not-understood', url: 'URL' },
  { code: 'syncthing-folder-missing', directory: 'DIRECTORY' },
  { code: 'syncthing-folder-unknown', folder, known: ['OTHER'] },
  { code: 'syncthing-folder-elsewhere', folder, path: 'PATH', directory: 'DIRECTORY' },
  { code: 'syncthing-folder-paused', folder },
  { code: 'syncthing-folder-one-way', folder, type: 'receiveonly' },
  { code: 'syncthing-folder-fails', folder, error: 'WHAT IT SAYS' },
  { code: 'syncthing-folder-keeps', folder },
  { code: 'syncthing-folder-versions', folder, type: 'trashcan' },
  { code: 'syncthing-folder-narrow', folder, devices: 1, peers: 2 },
  { code: 'syncthing-device-away', device: 'DEVICE', folder },
  { code: 'syncthing-device-unshared', device: 'DEVICE', folder },
  { code: 'syncthing-device-behind', device: 'DEVICE', folder, items: 3 },
  { code: 'unison-not-installed-there', user: 'USER' },
  { code: 'unison-not-spoken', user: 'USER', said: 'WHAT IT SAYS' },
  { code: 'unison-not-writable', user: 'USER', directory: 'DIRECTORY' },
  { code: 'unison-failed', exitCode: 3, said: 'WHAT IT SAYS' },
];
