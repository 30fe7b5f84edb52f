import type { HookIo } from '../base/io.ts';
import { reportError } from '../base/report-error.ts';
import { findCertbot } from '../certbot/process.ts';
import { lineOf } from '../findings/words.ts';
import { endCertbot } from './end-certbot.ts';
import { startGuard } from './guard.ts';

type Body = (io: HookIo) => Promise<0 | 1 | 2>;

/**
 * Runs an auth hook so that certbot does not go on to the CA without it (`gate.onFailure: abort`): whatever
 * the hook ends with but 0, certbot is ended, and where the hook is killed, its guard ends certbot.
 */
export async function orEndCertbot(io: HookIo, body: Body): Promise<0 | 1 | 2> {
  const said: string[] = [];
  const err = (line: string) => {
    said.push(line);
    try {
      io.err(line);
    } catch {
      // A closed stderr must not keep certbot from being ended.
    }
  };
  const signal = io.interruption();
  const certbot = findCertbot(io.pid);
  // An earlier hook that is killed leaves its challenge unrecorded, which the last one will see.
  const isLast = (io.env['CERTBOT_REMAINING_CHALLENGES'] || '0') === '0';
  const guard = isLast && certbot !== null ? startGuard(certbot) : null;
  const code = await body({ ...io, err, interruption: () => signal }).catch((error: unknown) =>
    reportError(error, err),
  );
  const isStopped = !isLast && signal.aborted;
  if (isStopped && code === 0) err(lineOf({ code: 'interrupted' }));
  if (code !== 0 || isStopped) await endCertbot(certbot, { err, said });
  guard?.dismiss();
  return isStopped && code === 0 ? 1 : code;
}
