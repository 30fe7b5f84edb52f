import { reader, type Read } from '../base/checked.ts';
import { isKeyAuthorization } from '../challenge/challenge.ts';
import { lineageName } from '../lineage/schemas.ts';
import { recordSchema } from '../state/records.ts';
import { resultSchema } from '../state/results.ts';
import { MAX_TOLD, toldSchema } from '../state/tombstones.ts';
import * as v from 'valibot';
import { FILE_SYSTEM_KINDS } from '../system/file-system.ts';
import type { ChallengeResponse, DeliveryState, LineageList, NodeStatus } from './protocol.ts';

// A peer's agent may be of another version, or not its own master any more: what it answers is
// checked like any other input before anything is made of it.

const PRINTABLE = /^[\x20-\x7e]*$/;
const text = (maxLength: number) => v.pipe(v.string(), v.maxLength(maxLength), v.regex(PRINTABLE));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Of a place that is told in another way nothing is known, and the rest of the answer counts. */
const room = v.fallback(v.nullable(v.object({ mebibytes: count, inodes: v.nullable(count) })), null);
const UNKNOWN = { inbox: null, webroot: null } as const;

const fileSystem = v.object({
  kind: v.picklist(FILE_SYSTEM_KINDS),
  type: text(64),
  source: text(1_024),
  place: text(4_096),
  options: v.pipe(v.array(text(128)), v.maxLength(32)),
});

const statusSchema = v.object({
  node: text(64),
  version: text(64),
  uptimeSeconds: count,
  vips: v.pipe(v.array(text(64)), v.maxLength(64)),
  challenges: v.nullable(count),
  time: v.exactOptional(text(64)),
  configuration: v.exactOptional(text(64)),
  lookedSecondsAgo: v.exactOptional(v.nullable(count)),
  rooms: v.exactOptional(v.fallback(v.object({ inbox: room, webroot: room }), UNKNOWN)),
  // Of one that is told in another way nothing is known.
  fileSystem: v.exactOptional(v.fallback(v.nullable(fileSystem), null)),
});

/** A list of lineages of which only what cannot be read is lost. */
export interface HeardList extends LineageList {
  /** what is left out, by its lineage or its place; absent: nothing */
  readonly unread?: readonly string[];
}

const listOf = (maxLength: number) => v.pipe(v.array(v.unknown()), v.maxLength(maxLength));

const listSchema = v.pipe(
  v.object({ lineages: listOf(10_000), deleted: v.exactOptional(listOf(MAX_TOLD)) }),
  v.transform((all): HeardList => {
    const lineages = inPart('lineages', all.lineages, recordSchema);
    const deleted = inPart('deleted', all.deleted ?? [], toldSchema);
    const unread = [...lineages.unread, ...deleted.unread];
    return {
      lineages: lineages.read,
      ...(all.deleted && { deleted: deleted.read }),
      ...(unread.length > 0 && { unread }),
    };
  }),
);

const named = v.object({ lineage: lineageName });

/** One that another version has written, or a hand, costs no other one. */
function inPart<T>(name: string, all: readonly unknown[], schema: v.GenericSchema<unknown, T>) {
  const read: T[] = [];
  const unread: string[] = [];
  for (const [index, one] of all.entries()) {
    const checked = v.safeParse(schema, one);
    if (checked.success) read.push(checked.output);
    else unread.push(v.is(named, one) ? one.lineage : `${name}[${index}]`);
  }
  return { read, unread };
}

const deliverySchema = v.union([
  v.object({ state: v.picklist(['staged', 'activated', 'installing']) }),
  resultSchema,
]);

const responseSchema = v.pipe(
  v.object({ token: text(128), keyAuthorization: text(172) }),
  v.check(({ token, keyAuthorization }) => isKeyAuthorization(keyAuthorization, token)),
);

export const readResponse: Read<ChallengeResponse> = reader(responseSchema);
export const readStatus: Read<NodeStatus> = reader(statusSchema);
export const readLineages: Read<HeardList> = reader(listSchema);
export const readDelivery: Read<DeliveryState> = reader(deliverySchema);
