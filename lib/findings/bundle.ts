import { quoted, type Area } from './area.ts';

interface InFile {
  readonly file: string;
}

/** Why a bundle is not believed. */
export const BUNDLE = {
  'bundle-file-missing': ({ file }: InFile) => `${file}: missing from the bundle`,
  'checksum-differs': ({ file }: InFile) => `${file}: its SHA-256 is not the one in the manifest`,
  'account-key-mismatch': ({ account }: { readonly account: string }) =>
    `account/private_key.json: not the key of account ${account}`,
  'manifest-not-json': () => 'manifest: not JSON',
  'manifest-invalid': ({ key }: { readonly key: string }) => `manifest: ${key}: not as it should be`,
  'manifest-invalid-name': ({ name }: { readonly name: string }) =>
    `manifest: lineage: not a name that certbot gives: ${quoted(name)}`,
  'manifest-other-leaf': () => 'manifest: leaf: not the certificate in cert.pem',
  'manifest-other-id': ({ id }: { readonly id: string }) =>
    `manifest: leaf: not the one that the bundle is named for, ${id}`,
} satisfies Area;

/** What lies in an inbox, where the agent's user may have put anything. */
export const INBOX = {
  'not-a-directory': ({ directory, isRemoved }: { readonly directory: string } & Removed) =>
    `${directory}: expected a directory${isRemoved ? '; it has been removed' : ''}`,
  'wrong-owner': ({ file, uid, expected }: InFile & Readonly<Record<'uid' | 'expected', number>>) =>
    `${file}: belongs to user ${uid}, expected ${expected}`,
  'not-a-bundle-file': ({ path }: { readonly path: string }) => `${quoted(path)}: not a file of a bundle`,
  'link-in-bundle': ({ file }: InFile) => `${file}: a link, expected a file`,
  'not-a-plain-file': ({ file }: InFile) => `${file}: not a plain file`,
  'hard-link': ({ file }: InFile) => `${file}: has another name elsewhere (a hard link)`,
  'bundle-file-too-large': ({ file, bytes, maxBytes }: InFile & Sizes) =>
    `${file}: ${bytes} bytes, expected at most ${maxBytes}`,
  'changed-while-read': ({ file }: InFile) => `${file}: changed while it was read`,
  'bundle-replaced': ({ path }: { readonly path: string }) =>
    `${path}: replaced or removed while it was read`,
  'bundle-unreadable': ({ path, error }: Readonly<Record<'path' | 'error', string>>) => `${path}: ${error}`,
  'not-a-marker': ({ name }: { readonly name: string }) => `not the name of a bundle: ${quoted(name)}`,
  'marker-invalid': ({ file }: InFile) => `${file}: expected nothing in it, or the time of an issuance`,
  'marker-without-bundle': () => 'a marker without a bundle',
  'inbox-not-writable': ({ directory, error }: Readonly<Record<'directory' | 'error', string>>) =>
    `inbox ${directory}: not writable (${error})`,
  'inbox-full': () => 'the inbox is full',
  'bundle-not-staged': ({ id }: { readonly id: string }) => `no bundle ${id} in the inbox`,
  'bundle-never-staged': ({ id }: { readonly id: string }) => `no bundle ${id} has been here`,
  'shared-filesystem-missing': ({ directory }: { readonly directory: string }) =>
    `${directory}: not there: mount the shared filesystem on it`,
  'shared-inbox-open': ({ directory, mode }: Readonly<Record<'directory' | 'mode', string>>) =>
    `${directory}: mode ${mode} lets others read it, and private keys are written there: with SMB, mount with dir_mode=0700,file_mode=0600`,
  'shared-inbox-not-own': ({ directory, own, uid, mode }: NotOwn) =>
    `${directory}: with transport shared it has to belong to user ${own} alone, and belongs to user ${uid} with mode ${mode}`,
  'inbox-not-watchable': ({ directory }: { readonly directory: string }) =>
    `${directory}: no such directory, so there is nothing to watch`,
} satisfies Area;

interface Removed {
  readonly isRemoved: boolean;
}

type Sizes = Readonly<Record<'bytes' | 'maxBytes', number>>;

interface NotOwn {
  readonly directory: string;
  readonly own: number;
  readonly uid: number;
  readonly mode: string;
}
