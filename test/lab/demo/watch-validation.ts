import { setTimeout as pause } from 'node:timers/promises';
import { readAccesses, type Access } from './access-log.ts';
import type { CertbotRun } from './certbot-run.ts';
import type { Stage } from './stage.ts';

/** What has been seen of the validation so far. */
export interface Progress {
  /** The CA's fetches that a node has answered. */
  readonly fetches: number;
  /** Names that the CA is satisfied with. */
  readonly valid: number;
}

export interface Watch {
  progress(): Progress;
  stop(): Promise<void>;
}

const VALID = / set VALID by completed challenge /g;
const LOOK_EVERY_MS = 100;

/** Shows each of the CA's fetches, by the logs of nginx, and each name it is satisfied with, by its own log. */
export function watchValidation({ lab, screen, names }: Stage, { startedAtMs }: CertbotRun): Watch {
  const shown = new Set<string>();
  const over = new AbortController();
  let valid = 0;
  const look = async () => {
    // First the CA, then the fetches: those that have satisfied it are in the logs by then.
    const nowValid = (await lab.caLog()).match(VALID)?.length ?? 0;
    for (const access of await readAccesses(lab, startedAtMs)) {
      if (access.by !== 'ca' || shown.has(access.id)) continue;
      shown.add(access.id);
      screen.event(access.node, describe(access));
    }
    if (nowValid > valid) {
      const tone = nowValid === names.length ? 'good' : 'plain';
      screen.event('ca', `is satisfied with ${nowValid} of ${names.length} names`, tone);
    }
    valid = nowValid;
  };
  const watching = (async () => {
    for (; !over.signal.aborted; await pause(LOOK_EVERY_MS)) await look();
  })();
  // Its failure is for who stops it to see.
  watching.catch(() => undefined);
  return {
    progress: () => ({ fetches: shown.size, valid }),
    async stop() {
      over.abort();
      await watching;
    },
  };
}

function describe({ name, status }: Access): string {
  return status === 200 ? `serves ${name} to the CA` : `answers the CA's request for ${name} with ${status}`;
}
