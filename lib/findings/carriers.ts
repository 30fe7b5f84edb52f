import { list, type Area } from './area.ts';

interface InFile {
  readonly file: string;
}

interface OfFolder {
  readonly folder: string;
}

interface OfDevice extends OfFolder {
  /** its name or, where it has none, the beginning of its id */
  readonly device: string;
}

/** This node's Syncthing, by its REST API. */
export const SYNCTHING = {
  'syncthing-key-file-unreadable': ({ file, error }: InFile & { readonly error: string }) =>
    `syncthing: the file with its API key, ${file}, cannot be read (${error}): copy <apikey> of its config.xml there`,
  'syncthing-key-file-open': ({
    file,
    mode,
    expected,
  }: InFile & Readonly<Record<'mode' | 'expected', string>>) =>
    `syncthing: others can read its API key: ${file} has mode ${mode}, expected ${expected} at most: chmod ${expected} ${file}`,
  'syncthing-key-file-of-another-user': ({ file, uid }: InFile & { readonly uid: number }) =>
    `syncthing: the file with its API key, ${file}, belongs to user ${uid}, expected root: chown root: ${file}`,
  'syncthing-key-file-invalid': ({ file }: InFile) =>
    `syncthing: ${file}: expected its API key, one line as <apikey> of its config.xml has it`,
  'syncthing-key-refused': ({ file }: InFile) =>
    `syncthing: it refuses the API key in ${file}: copy <apikey> of its config.xml there`,
  'syncthing-refuses': ({ status, said }: { readonly status: number; readonly said: string }) =>
    `syncthing: it answers ${status}: ${said}`,
  'syncthing-wants-https': ({ url }: { readonly url: string }) =>
    `syncthing: it takes requests over HTTPS only: syncthing.url is ${url}: set it to https://`,
  'syncthing-not-understood': ({ url }: { readonly url: string }) =>
    `syncthing: what answers at ${url} is not its REST API: does syncthing.url name its GUI address?`,
  'syncthing-folder-missing': ({ directory }: { readonly directory: string }) =>
    `syncthing: none of its folders has ${directory}: share it, or a directory above it`,
  'syncthing-folder-unknown': ({ folder, known }: OfFolder & { readonly known: readonly string[] }) =>
    `syncthing: it has no folder ${folder}; it has ${list(known, 'none')}`,
  'syncthing-folder-elsewhere': ({
    folder,
    path,
    directory,
  }: OfFolder & Readonly<Record<'path' | 'directory', string>>) =>
    `syncthing: folder ${folder} is ${path}, which ${directory} is not in`,
  'syncthing-folder-paused': ({ folder }: OfFolder) => `syncthing: folder ${folder} is paused: resume it`,
  'syncthing-folder-one-way': ({ folder, type }: OfFolder & { readonly type: string }) =>
    `syncthing: folder ${folder} is ${type}: set it to sendreceive, since every node may renew`,
  'syncthing-folder-fails': ({ folder, error }: OfFolder & { readonly error: string }) =>
    `syncthing: folder ${folder} is stopped: ${error}`,
  'syncthing-folder-keeps': ({ folder }: OfFolder) =>
    `syncthing: folder ${folder} has ignoreDelete: tokens stay on this node that another one has removed: turn ignoreDelete off`,
  'syncthing-folder-versions': ({ folder, type }: OfFolder & { readonly type: string }) =>
    `syncthing: folder ${folder} has versioning (${type}): removed tokens stay on this node in .stversions, which the web server may serve: turn versioning off`,
  'syncthing-folder-narrow': ({
    folder,
    devices,
    peers,
  }: OfFolder & Readonly<Record<'devices' | 'peers', number>>) =>
    `syncthing: folder ${folder} is shared with ${devices} other ${devices === 1 ? 'device' : 'devices'}, and there are ${peers} other nodes: share it with each`,
  'syncthing-device-away': ({ device, folder }: OfDevice) =>
    `syncthing: device ${device}, which folder ${folder} is shared with, is not connected: does it run there, and does a firewall let it through?`,
  'syncthing-device-unshared': ({ device, folder }: OfDevice) =>
    `syncthing: device ${device} does not share folder ${folder}: accept it there`,
  'syncthing-device-behind': ({ device, folder, items }: OfDevice & { readonly items: number }) =>
    `syncthing: device ${device} lacks ${items} ${items === 1 ? 'item' : 'items'} of folder ${folder}: Syncthing there says what it waits for`,
} satisfies Area;

/** What its words mean. What ssh says is told as with rsync. */
export const UNISON = {
  'unison-not-installed-there': ({ user }: { readonly user: string }) =>
    `unison: not installed there, or not in the path of ${user}: install unison there`,
  'unison-not-spoken': ({ user, said }: Readonly<Record<'user' | 'said', string>>) =>
    `unison: no unison 2.52 or later answers there: which version is installed, and does ${user} have a shell or the forced command? ${said}`,
  'unison-not-writable': ({ user, directory }: Readonly<Record<'user' | 'directory', string>>) =>
    `unison: ${user} may not write ${directory} there: docs/transports/unison.md has the rights it needs`,
  'unison-failed': ({ exitCode, said }: { readonly exitCode: number; readonly said: string }) =>
    `unison: exit ${exitCode}: ${said}`,
} satisfies Area;
