import { afterUnsure, failure, OK, type Outcome } from '../base/outcome.ts';
import type { TxtRecord } from '../challenge/dns-01.ts';
import type { Finding } from '../findings/register.ts';
import { runCommand } from '../system/run-command.ts';
import { runLimits, type TimeLimit } from '../system/time-limit.ts';
import { lastLinesOf } from './said.ts';
import type { TsigKey } from './tsig-key.ts';

export interface Update {
  readonly action: 'add' | 'delete';
  readonly zone: string;
  readonly records: readonly TxtRecord[];
  readonly key: TsigKey;
  readonly server: { readonly name: string; readonly address: string; readonly port: number };
}

/** Seconds until caches ask again: as short as servers take it. */
const TTL = 60;
/** Three datagrams, and then a connection, for a firewall that lets no datagram through. */
const WAYS = [
  ['-u', '2', '-r', '2'],
  ['-v', '-t', '6'],
] as const;

/** The time was over. */
const TOO_LATE: ReadonlySet<string> = new Set(['program-too-slow', 'program-stopped']);

/** Of a server that no update has come to. */
const NOT_SENT: ReadonlySet<string> = new Set([
  'connection refused',
  'host unreachable',
  'network unreachable',
]);

/** One update, by BIND's nsupdate. The key is on its stdin, and in no argument. */
export async function sendUpdate(update: Update, limit: TimeLimit, env: NodeJS.ProcessEnv): Promise<Outcome> {
  const [datagram, connection] = WAYS;
  const first = await sendBy(datagram, update, limit, env);
  if (!isSilence(first) || limit.leftMs() === 0) return first;
  const second = await sendBy(connection, update, limit, env);
  // Of a connection that cannot be made it says less.
  return isSilence(second) ? afterUnsure(first, mayBeDone(second)) : afterUnsure(second, mayBeDone(first));
}

/** Whether the server may have got an update, and carried it out. */
export function mayBeDone(outcome: Outcome): boolean {
  if (outcome.isOk) return true;
  const { reason } = outcome;
  return outcome.mayBeDone ?? (reason.code === 'dns-server-silent' && !NOT_SENT.has(reason.error));
}

function isSilence(outcome: Outcome): boolean {
  return !outcome.isOk && outcome.reason.code === 'dns-server-silent';
}

async function sendBy(
  way: readonly string[],
  update: Update,
  limit: TimeLimit,
  env: NodeJS.ProcessEnv,
): Promise<Outcome> {
  // Its words are read here.
  const options = { ...runLimits(limit), input: scriptFor(update), env: { ...env, LC_ALL: 'C' } };
  const { code, stderr, trouble } = await runCommand(['nsupdate', ...way], options);
  if (code === 0) return OK;
  if (trouble?.code === 'program-not-installed') return failure({ code: 'dns-nsupdate-missing' });
  if (trouble !== null && TOO_LATE.has(trouble.code)) return failure(silent(update, 'timed out'));
  return failure(trouble ?? reasonFor(stderr, update));
}

function scriptFor({ action, zone, records, key, server }: Update): string {
  const change = ({ name, value }: TxtRecord) =>
    action === 'add' ? `update add ${name}. ${TTL} TXT "${value}"` : `update delete ${name}. TXT "${value}"`;
  return [
    `key ${key.algorithm}:${key.name} ${key.secret}`,
    `server ${server.address} ${server.port}`,
    `zone ${zone}.`,
    ...records.map(change),
    'send',
    '',
  ].join('\n');
}

/** Why an update failed, by what nsupdate(1) says: it has one exit code for all. */
export function reasonFor(stderr: string, update: Update): Finding {
  const { key } = update;
  const at = placeOf(update);
  const [, rcode = '', tsig] = /update failed: (\w+)(?:\((\w+)\))?/.exec(stderr) ?? [];
  switch (tsig ?? rcode) {
    case 'BADKEY':
      return { code: 'dns-key-unknown', ...at, key: key.name, algorithm: key.algorithm };
    case 'BADSIG':
      return { code: 'dns-key-differs', ...at, key: key.name };
    case 'BADTIME':
      return { code: 'dns-clock-differs', ...at };
    case 'REFUSED':
      return { code: 'dns-update-refused', ...at, key: key.name };
    case 'NOTAUTH':
    case 'NOTZONE':
    case 'NOTIMP':
      return { code: 'dns-not-primary', ...at, rcode };
    case 'SERVFAIL':
      return { code: 'dns-server-failed', ...at };
    case '':
      return unanswered(stderr, update);
    default:
      return { code: 'dns-update-failed', ...at, rcode, said: [] };
  }
}

function unanswered(stderr: string, update: Update): Finding {
  const [, error] = /^; Communication with .* failed: (.+)$/m.exec(stderr) ?? [];
  if (error !== undefined) return silent(update, error);
  return {
    code: 'dns-update-failed',
    ...placeOf(update),
    rcode: 'no answer',
    said: lastLinesOf(stderr),
  };
}

function silent(update: Update, error: string): Finding {
  return { code: 'dns-server-silent', ...placeOf(update), port: update.server.port, error };
}

function placeOf({ server, zone }: Update) {
  return { server: `${server.name} (${server.address})`, zone };
}
