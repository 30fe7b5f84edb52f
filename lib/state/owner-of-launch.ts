import { isCertbot } from '../certbot/process.ts';
import { findProcess, type ProcessId } from '../system/processes.ts';

/** A process above a launcher, as it has recorded it. */
export interface Above {
  readonly pid: number;
  /** null where its program is called neither `certbot` nor `python…` */
  readonly startTime: string | null;
}

export interface Owner {
  /** the nearest that runs and is one */
  readonly certbot: ProcessId | null;
  /** Without that: the nearest that may have been one, and has ended, as has all between it and the launcher. It may have been a wrapper. */
  readonly ended: ProcessId | null;
}

/** Whose record it is, by the processes above its launcher, the nearest first. */
export type OwnerOf = (above: readonly Above[]) => Owner;

export function createOwnerOf(): OwnerOf {
  // A hundred launchers have nearly the same ancestors.
  const findNow = remembered(findProcess);
  const isCertbotNow = remembered(isCertbot);

  function runs({ pid, startTime }: Above): boolean {
    const found = findNow(pid);
    return found !== null && (startTime === null || startTime === found.startTime);
  }

  const isOne = (one: Above) => runs(one) && isCertbotNow(one.pid);

  return (above) => {
    // A number alone may be that of a later certbot.
    const certbot = above.filter(isDated).find(isOne) ?? above.find(isOne);
    if (certbot) return { certbot: findNow(certbot.pid), ended: null };
    const nearest = above.find(isDated) ?? null;
    const isUnknown = nearest === null || above.slice(0, above.indexOf(nearest) + 1).some(runs);
    return { certbot: null, ended: isUnknown ? null : nearest };
  };
}

function isDated(one: Above): one is ProcessId {
  return one.startTime !== null;
}

function remembered<V>(look: (pid: number) => V): (pid: number) => V {
  const known = new Map<number, V>();
  return (pid) => {
    const value = known.has(pid) ? (known.get(pid) as V) : look(pid);
    known.set(pid, value);
    return value;
  };
}
