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
 * The certbot of a launcher, of those above it, the nearest first: the nearest that runs and is one. Else the nearest that was called
 * certbot, if it has ended, with all between it and the launcher. Else null: a program in Python that has ended may have been a wrapper.
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

  const isOne = (one: Above) => runs(one) && isCertbotNow(one.pid);
  const mayRun = (one: Above) => runs(one) || isHidden(one.pid);

  return (above) => {
    // A number alone may be that of a later certbot.
    const certbot = above.find((one) => one.startTime !== null && isOne(one)) ?? above.find(isOne);
    if (certbot) return findNow(certbot.pid);
    const at = above.findIndex(({ isCalledCertbot }) => isCalledCertbot);
    const { pid, startTime = null } = above[at] ?? {};
    if (pid === undefined || startTime === null || above.slice(0, at + 1).some(mayRun)) return null;
    return { pid, startTime };
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
