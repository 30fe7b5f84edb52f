import { challengeAbilitiesOf, lineageAbilitiesOf } from '../../cluster/abilities.ts';
import type { Config } from '../../cluster/config.ts';
import { plainNameOf } from '../../cluster/target.ts';
import type { Finding } from '../../findings/register.ts';
import type { Sharing } from '../../gate/sharing.ts';
import { layoutOf } from '../../state/layout.ts';
import { fileSystemAt, wordsOfFileSystem, type FileSystem } from '../../system/file-system.ts';
import { negativeCacheOf } from '../../system/negative-cache.ts';
import { complaint, judged, skipped, type Check, type Complaint, type Outcome } from '../check.ts';

/** Before and after the looks: what is recorded, written, and taken away again. */
const AROUND_MS = 25_000;
/** Below that a gate does not notice. */
const TOLERATED_MS = 2_000;

/** What this node writes into the webroot is there for all, soon, and also where it was asked for too early. */
export const sharing: Check = {
  name: 'sharing',
  timeoutMs: ({ share }) => (share?.boundMs ?? 0) + AROUND_MS,
  run: async (context) => {
    const { cluster, share, names, signal } = context;
    const { config, self } = cluster;
    if (!challengeAbilitiesOf(config).isWebrootShared) return skipped('each node has a webroot of its own');
    const fileSystem = await fileSystemAt(self.webroot);
    if (fileSystem === null) return skipped('this system does not tell what is mounted');
    const inbox = await inboxComplaints(config);
    if (share === null)
      return judged([...byMount(self.webroot, fileSystem), ...inbox], wordsOfFileSystem(fileSystem));
    const [identifier] = await names();
    const seen = await share.measure(identifier, signal);
    const looked = { seen, fileSystem, boundMs: share.boundMs, config, directory: self.webroot };
    return withFigures([...complaintsOf(looked), ...inbox], looked);
  },
};

interface Looked {
  readonly seen: readonly Sharing[];
  readonly fileSystem: FileSystem;
  readonly boundMs: number;
  readonly config: Pick<Config, 'gate'>;
  readonly directory: string;
}

/** What is mounted on the directory of all inboxes. */
async function inboxComplaints(config: Config): Promise<readonly Complaint[]> {
  if (lineageAbilitiesOf(config).inbox !== 'shared' || config.certificates.mode === 'per-node') return [];
  const { shared } = layoutOf(config.stateDir);
  const [own, around] = [await fileSystemAt(shared), await fileSystemAt(config.stateDir)];
  // Nothing is mounted there, neither a directory that is bound.
  return own?.kind === 'local' && own.place === around?.place
    ? [complaint('fail', notShared(shared, own))]
    : [];
}

function notShared(directory: string, { type, place }: FileSystem): Finding {
  return { code: 'directory-not-shared', directory, type, place };
}

/** By what is mounted alone. */
function byMount(directory: string, fileSystem: FileSystem): readonly Complaint[] {
  if (fileSystem.kind === 'local') return [complaint('fail', notShared(directory, fileSystem))];
  const { seconds, remedy } = negativeCacheOf(fileSystem);
  if (seconds * 1000 <= TOLERATED_MS) return [];
  const found = {
    code: 'absence-remembered',
    how: 'up-to',
    seconds,
    fileSystem: wordsOfFileSystem(fileSystem),
    remedy,
  } as const;
  return [complaint('warn', found)];
}

/** By what was seen, which counts for more than what is mounted: a directory may be bound, or copied by another program. */
export function complaintsOf(looked: Looked): readonly Complaint[] {
  const { seen, fileSystem, directory, boundMs } = looked;
  const others = seen.filter(({ target }) => target.node !== null && !target.isSelf);
  const isShared = fileSystem.kind !== 'local' || others.some(({ freshMs }) => freshMs !== null);
  // Who has not answered with 404 does not serve this webroot at all, or nothing: other checks tell of that.
  const answering = seen.filter(({ after404Ms }) => after404Ms !== undefined);
  const unseen = answering.filter(({ freshMs }) => freshMs === null);
  return [
    ...(isShared ? [] : [complaint('fail', notShared(directory, fileSystem))]),
    ...unseen.map(({ target }) =>
      complaint('fail', { code: 'written-not-seen', directory, seconds: boundMs / 1000 }, whereOf(target)),
    ),
    ...answering.flatMap((one) => (one.freshMs === null ? [] : remembering(one, looked))),
  ];
}

function remembering(
  { target, after404Ms }: Sharing,
  { fileSystem, boundMs, config }: Looked,
): readonly Complaint[] {
  if (after404Ms === undefined || (after404Ms !== null && after404Ms <= TOLERATED_MS)) return [];
  const how = after404Ms === null ? ('at-least' as const) : ('measured' as const);
  const seconds = Math.round((after404Ms ?? boundMs) / 100) / 10;
  const { remedy, seconds: usually } = negativeCacheOf(fileSystem);
  const where = whereOf(target);
  const timeout = config.gate.timeoutMs / 1000;
  const isTooShort = timeout <= seconds || (after404Ms === null && timeout < usually);
  const short = timeout <= seconds ? { how, seconds } : ({ how: 'up-to', seconds: usually } as const);
  return [
    ...(isTooShort ? [complaint('fail', { code: 'gate-too-short', timeout, ...short }, where)] : []),
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

function withFigures(complaints: readonly Complaint[], { seen, fileSystem, boundMs }: Looked): Outcome {
  const targets = seen.map(({ target, ...times }) => ({ target: plainNameOf(target), ...times }));
  return { ...judged(complaints, detailOf(seen, fileSystem)), measured: { fileSystem, boundMs, targets } };
}

function detailOf(seen: readonly Sharing[], fileSystem: FileSystem): string {
  const served = seen.filter(({ freshMs }) => freshMs !== null);
  const slowest = (of: readonly (number | null | undefined)[]) =>
    Math.round(Math.max(0, ...of.map((ms) => ms ?? 0)));
  const afterwards = slowest(served.map(({ after404Ms }) => after404Ms));
  const empty = seen.filter(({ emptyMs }) => emptyMs !== undefined);
  const whole = slowest(empty.map(({ emptyMs }) => emptyMs));
  return [
    `${wordsOfFileSystem(fileSystem)}: what is written here is served by all after ${slowest(served.map(({ freshMs }) => freshMs))} ms`,
    `${afterwards} ms where they were asked before`,
    ...(empty.length > 0 && whole > 100
      ? [`what another program writes in place may be served empty for ${whole} ms`]
      : []),
  ].join(', ');
}
