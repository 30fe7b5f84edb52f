import { isCertbot } from '../certbot/process.ts';
import { findProcess, isHidden, type ProcessId } from '../system/processes.ts';

/** A process above a launcher, as it has recorded it. */
export interface Above {
  readonly pid: number;
  /** null where its program is called neither `certbot` nor `python…` */
  readonly startTime: string | null;
  readonly isCalledCertbot: boolean;
}

/**
 * The certbot of a launcher, of those above it, the nearest first: the nearest that runs. Where none runs, one that was called
 * certbot and has ended; null where there is none either. A program in Python that has ended may have been a certbot or a wrapper.
 */
export type OwnerOf = (above: readonly Above[]) => ProcessId | null;

export function createOwnerOf(): OwnerOf {
  // A hundred launchers have nearly the same ancestors.
  const findNow = remembered(findProcess);
  const isCertbotNow = remembered(isCertbot);

  function runs({ pid, startTime }: Above): boolean {
    const found = findNow(pid);
    return found !== null && (startTime === null || startTime === found.startTime);
  }

  return (above) => {
    const certbot = above.find((one) => runs(one) && isCertbotNow(one.pid));
    if (certbot) return findNow(certbot.pid);
    const called = above.find(({ isCalledCertbot }) => isCalledCertbot);
    if (!called || called.startTime === null || runs(called) || isHidden(called.pid)) return null;
    return { pid: called.pid, startTime: called.startTime };
  };
}

function remembered<V>(look: (pid: number) => V): (pid: number) => V {
  const known = new Map<number, V>();
  return (pid) => {
    const value = known.has(pid) ? (known.get(pid) as V) : look(pid);
    known.set(pid, value);
    return value;
  };
}
