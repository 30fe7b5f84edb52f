import { cephfs } from './cephfs.ts';
import { csync2 } from './csync2.ts';
import { glusterfs } from './glusterfs.ts';
import { http } from './http.ts';
import { lsyncd } from './lsyncd.ts';
import { rsync } from './rsync.ts';
import { smb } from './smb.ts';
import { syncthing } from './syncthing.ts';
import type { SharingSystem } from './system.ts';
import { unison } from './unison.ts';

/** What can be started without a virtual machine. */
export const SHARING_SYSTEMS: readonly SharingSystem[] = [
  glusterfs,
  cephfs,
  smb,
  rsync,
  syncthing,
  unison,
  lsyncd,
  csync2,
  http,
];
