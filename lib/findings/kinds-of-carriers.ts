import type { Kinds } from './kind.ts';

const IN_FILE = { file: 'text' } as const;
const OF_FOLDER = { folder: 'text' } as const;
const OF_DEVICE = { device: 'text', folder: 'text' } as const;

/** The arguments of findings about Syncthing and Unison. */
export const OF_CARRIERS = {
  'syncthing-key-file-unreadable': { ...IN_FILE, error: 'text' },
  'syncthing-key-file-open': { ...IN_FILE, mode: 'text', expected: 'text' },
  'syncthing-key-file-of-another-user': { ...IN_FILE, uid: 'number' },
  'syncthing-key-file-invalid': IN_FILE,
  'syncthing-key-refused': IN_FILE,
  'syncthing-refuses': { status: 'number', said: 'text' },
  'syncthing-wants-https': { url: 'text' },
  'syncthing-not-understood': { url: 'text' },
  'syncthing-folder-missing': { directory: 'text' },
  'syncthing-folder-unknown': { ...OF_FOLDER, known: 'texts' },
  'syncthing-folder-elsewhere': { ...OF_FOLDER, path: 'text', directory: 'text' },
  'syncthing-folder-paused': OF_FOLDER,
  'syncthing-folder-one-way': { ...OF_FOLDER, type: 'text' },
  'syncthing-folder-fails': { ...OF_FOLDER, error: 'text' },
  'syncthing-folder-keeps': OF_FOLDER,
  'syncthing-folder-versions': { ...OF_FOLDER, type: 'text' },
  'syncthing-folder-narrow': { ...OF_FOLDER, devices: 'number', peers: 'number' },
  'syncthing-device-away': OF_DEVICE,
  'syncthing-device-unshared': OF_DEVICE,
  'syncthing-device-behind': { ...OF_DEVICE, items: 'number' },
  'unison-not-installed-there': { user: 'text' },
  'unison-not-spoken': { user: 'text', said: 'text' },
  'unison-not-writable': { user: 'text', directory: 'text' },
  'unison-failed': { exitCode: 'number', said: 'text' },
} as const satisfies Partial<Kinds>;
