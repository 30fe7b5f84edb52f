import { readFileSync, readlinkSync } from 'node:fs';
import { hasErrorCode } from '../base/errors.ts';
import { normalAddress } from './address.ts';

/** Where a socket of this process listens. */
export interface SocketPlace {
  readonly address: string;
  readonly port: number;
}

const LISTEN = '0A';
const TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6'];

/** Where a file descriptor listens for TCP; null: it is no such socket. Linux alone tells (proc_pid_net(5)). */
export function listeningAt(descriptor: number): SocketPlace | null {
  try {
    const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${descriptor}`)) ?? [];
    if (inode === undefined) return null;
    for (const table of TABLES) {
      const found = placeIn(readFileSync(table, 'utf8'), inode);
      if (found !== null) return found;
    }
    return null;
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'EACCES', 'EBADF')) return null;
    throw error;
  }
}

/** `0: 0100007F:2509 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 17261 …` */
export function placeIn(table: string, inode: string): SocketPlace | null {
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/));
  const row = rows.find((cells) => cells[3] === LISTEN && cells[9] === inode);
  const [, address, port] = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(row?.[1] ?? '') ?? [];
  if (address === undefined || port === undefined) return null;
  return { address: addressIn(address), port: Number.parseInt(port, 16) };
}

/** The kernel writes words of 32 bits as numbers of this machine, which is little-endian wherever Node.js runs but on IBM Z. */
function addressIn(hex: string): string {
  const bytes = [...Buffer.from(hex, 'hex').swap32()];
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16),
  );
  return normalAddress(groups.join(':'));
}
