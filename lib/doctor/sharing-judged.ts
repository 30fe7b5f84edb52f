import type { Config } from '../cluster/config.ts';
import type { Finding } from '../findings/register.ts';
import { PLAIN_MS, type Sharing } from '../gate/sharing.ts';
import { wordsOfFileSystem, type FileSystem } from '../system/file-system.ts';
import { negativeCacheOf } from '../system/negative-cache.ts';
import { complaint, type Complaint } from './check.ts';

/** Below that a gate does not notice. */
const TOLERATED_MS = 2_000;

/** Less is a question that came between the two writes, as on any disk. */
const SEEN_EMPTY_MS = 100;

/** What was seen of a webroot that nodes share. */
export interface Looked {
  readonly seen: readonly Sharing[];
  /** as this node has it mounted */
  readonly fileSystem: FileSystem;
  readonly boundMs: number;
  readonly config: Pick<Config, 'gate'>;
  readonly directory: string;
  /** one node has it mounted at a time, and this one has */
  readonly isMountedAlone?: boolean;
}

export function notShared(directory: string, { type }: FileSystem): Finding {
  return { code: 'directory-not-shared', directory, type };
}

/** By what is mounted alone. */
export function byMount({
  directory,
  fileSystem,
  config,
  isMountedAlone = false,
}: Pick<Looked, 'directory' | 'fileSystem' | 'config' | 'isMountedAlone'>): readonly Complaint[] {
  if (fileSystem.kind === 'local' && !isMountedAlone)
    return [complaint('fail', notShared(directory, fileSystem))];
  const { seconds, remedy } = negativeCacheOf(fileSystem);
  if (seconds * 1000 <= TOLERATED_MS) return [];
  const found = {
    code: 'absence-remembered',
    how: 'up-to',
    seconds,
    fileSystem: wordsOfFileSystem(fileSystem),
    remedy,
  } as const;
  const timeout = config.gate.timeoutMs / 1000;
  const short = { code: 'gate-too-short', timeout, how: 'up-to', seconds } as const;
  return [...(timeout <= seconds ? [complaint('warn', short)] : []), complaint('warn', found)];
}

/** By what was seen, which counts for more than what is mounted: a directory may be bound, or copied by another program. */
export function complaintsOf(looked: Looked): readonly Complaint[] {
  const { seen, fileSystem, directory, boundMs } = looked;
  const others = seen.filter(({ target }) => target.node !== null && !target.isSelf);
  const isShared =
    fileSystem.kind !== 'local' ||
    looked.isMountedAlone === true ||
    others.some(({ freshMs }) => freshMs !== null);
  // Who has not answered with 404 does not serve this webroot at all, or nothing: other checks tell of that.
  const answering = seen.filter(({ after404Ms }) => after404Ms !== undefined);
  // Where directories are remembered, that is why a file is not seen.
  const { isOfDirectories = false } = negativeCacheOf(fileSystem);
  const unseen = answering.filter((one) =>
    one.freshMs === null ? !isOfDirectories : one.after404Ms === null && !isRemembered(one, boundMs),
  );
  return [
    ...(isShared ? [] : [complaint('fail', notShared(directory, fileSystem))]),
    ...unseen.map(({ target }) =>
      complaint('fail', { code: 'written-not-seen', directory, seconds: boundMs / 1000 }, whereOf(target)),
    ),
    ...answering.flatMap((one) => (unseen.includes(one) ? [] : remembering(one, looked))),
  ];
}

/** Whether a file that was asked for too early was there later than one that was not; where all are late, nothing is remembered. */
function isRemembered({ freshMs, after404Ms }: Sharing, boundMs: number): boolean {
  if (after404Ms === undefined) return false;
  return (after404Ms ?? boundMs) - (freshMs ?? 0) > TOLERATED_MS;
}

function remembering(one: Sharing, { fileSystem, boundMs, config }: Looked): readonly Complaint[] {
  const { target, after404Ms = null } = one;
  if (!isRemembered(one, boundMs)) return [];
  const how = after404Ms === null ? ('at-least' as const) : ('measured' as const);
  const seconds = Math.round((after404Ms ?? boundMs) / 100) / 10;
  const { remedy, seconds: usually } = negativeCacheOf(fileSystem);
  const where = whereOf(target);
  const timeout = config.gate.timeoutMs / 1000;
  const isTooShort = timeout <= seconds || (after404Ms === null && timeout <= usually);
  // Most are forgotten somewhat sooner than at the latest.
  const level = timeout > seconds && timeout === usually ? 'warn' : 'fail';
  const short = timeout <= seconds ? { how, seconds } : ({ how: 'up-to', seconds: usually } as const);
  return [
    ...(isTooShort ? [complaint(level, { code: 'gate-too-short', timeout, ...short }, where)] : []),
    complaint(
      'warn',
      { code: 'absence-remembered', how, seconds, fileSystem: wordsOfFileSystem(fileSystem), remedy },
      where,
    ),
  ];
}

function whereOf(target: Sharing['target']) {
  return target.node === null ? { of: target.name } : { on: target.node };
}

/** What is good. */
export function detailOf({
  seen,
  fileSystem,
  boundMs,
}: Pick<Looked, 'seen' | 'fileSystem' | 'boundMs'>): string {
  const served = seen.filter(({ freshMs }) => freshMs !== null);
  const slowest = (of: readonly (number | null | undefined)[]) =>
    Math.round(Math.max(0, ...of.map((ms) => ms ?? 0)));
  const afterwards = slowest(served.map(({ after404Ms }) => after404Ms));
  const empty = seen.flatMap(({ emptyMs }) => (emptyMs === undefined ? [] : [emptyMs]));
  const whole = empty.includes(null) ? `more than ${Math.min(PLAIN_MS, boundMs)}` : slowest(empty);
  return [
    `${wordsOfFileSystem(fileSystem)}: what is written here is served by all after ${slowest(served.map(({ freshMs }) => freshMs))} ms`,
    `${afterwards} ms where they were asked before`,
    ...(typeof whole === 'string' || whole > SEEN_EMPTY_MS
      ? [`what another program writes in place may be served empty for ${whole} ms`]
      : []),
  ].join(', ');
}
