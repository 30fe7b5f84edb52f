import { glusterfs } from './glusterfs.ts';
import type { SharingSystem } from './system.ts';

/** What can be started without a virtual machine. */
export const SHARING_SYSTEMS: readonly SharingSystem[] = [glusterfs];
