import { bracketed, normalAddress } from '../net/address.ts';
import { listeningAt, type SocketPlace } from '../net/listening-socket.ts';

/** Sockets that systemd has opened and keeps open while the agent restarts (sd_listen_fds(3)). */
export interface GivenSockets {
  /** The one for a place, by its file descriptor, which is then taken; null: there is none. */
  take(place: SocketPlace): number | null;
  /** How what is given differs from what was to be taken; null: it does not, or nothing is given. */
  differences(): SocketDifferences | null;
}

/** Places, as `192.0.2.11:9480`. */
export interface SocketDifferences {
  /** those that nobody has taken */
  readonly held: readonly string[];
  /** those that there was no socket for */
  readonly missing: readonly string[];
}

const FIRST = 3;

/** By the environment, if it means this process. */
export function givenSockets(env: NodeJS.ProcessEnv, pid: number): GivenSockets {
  const descriptors = Array.from({ length: countOf(env, pid) }, (_, index) => FIRST + index);
  const open = new Map(
    descriptors.flatMap((descriptor) => {
      const place = listeningAt(descriptor);
      return place === null ? [] : [[descriptor, place] as const];
    }),
  );
  const isGiven = open.size > 0;
  const missing: SocketPlace[] = [];
  return {
    take: (wanted) => {
      const [descriptor] = [...open].find(([, place]) => isSame(place, wanted)) ?? [];
      if (descriptor === undefined) missing.push(wanted);
      else open.delete(descriptor);
      return descriptor ?? null;
    },
    differences: () =>
      isGiven && open.size + missing.length > 0
        ? { held: [...open.values()].map(shown), missing: missing.map(shown) }
        : null,
  };
}

function countOf({ LISTEN_PID: meant, LISTEN_FDS: count }: NodeJS.ProcessEnv, pid: number): number {
  return meant === String(pid) && /^\d{1,2}$/.test(count ?? '') ? Number(count) : 0;
}

function isSame(one: SocketPlace, other: SocketPlace): boolean {
  return one.port === other.port && normalAddress(one.address) === normalAddress(other.address);
}

function shown({ address, port }: SocketPlace): string {
  return `${bracketed(address)}:${port}`;
}
