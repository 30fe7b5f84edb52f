import * as v from 'valibot';
import { ID_PATTERN, isLineageName } from '../bundle/bundle.ts';
import type { InstallResult } from '../install/records.ts';
import type { DeliveryState, LineageList, NodeStatus } from './protocol.ts';

// A peer's agent may be of another version, or not its own master any more: what it answers is
// checked like any other input before anything is made of it.

const MAX_LINE_CHARS = 1_000;
const PRINTABLE = /^[\x20-\x7e]*$/;
const text = (maxLength: number) => v.pipe(v.string(), v.maxLength(maxLength), v.regex(PRINTABLE));
const time = v.pipe(v.string(), v.isoTimestamp());
const hash = v.pipe(v.string(), v.regex(new RegExp(ID_PATTERN)));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const lineage = v.pipe(v.string(), v.check(isLineageName));

const statusSchema = v.object({
  node: text(64),
  version: text(64),
  uptimeSeconds: count,
  vips: v.pipe(v.array(text(64)), v.maxLength(64)),
  challenges: count,
});

const recordSchema = v.object({
  lineage,
  leaf: v.object({
    sha256: hash,
    serial: text(64),
    notBefore: time,
    notAfter: time,
  }),
  number: v.pipe(v.number(), v.integer(), v.minValue(1)),
  names: v.pipe(v.array(text(255)), v.maxLength(200)),
  from: text(64),
  installedAt: time,
});

const listSchema = v.object({ lineages: v.pipe(v.array(recordSchema), v.maxLength(10_000)) });

/** A web server's own words may be in any language; what would move a cursor or turn the text about is taken out. */
const line = v.pipe(
  v.string(),
  v.transform((said) => said.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, MAX_LINE_CHARS)),
);

const resultSchema = v.object({
  id: hash,
  lineage: v.nullable(lineage),
  state: v.picklist(['installed', 'unchanged', 'refused', 'rolled back', 'not reloaded', 'failed']),
  messages: v.pipe(v.array(line), v.maxLength(200)),
  at: time,
});

const deliverySchema = v.union([
  v.object({ state: v.picklist(['staged', 'activated', 'installing']) }),
  resultSchema,
]);

/** Makes a typed value of an answer, or null when it is something else. */
export type Read<T> = (value: unknown) => T | null;

const reader =
  <T>(schema: v.GenericSchema<unknown, T>): Read<T> =>
  (value) => {
    const result = v.safeParse(schema, value);
    return result.success ? result.output : null;
  };

export const readStatus: Read<NodeStatus> = reader(statusSchema);
export const readLineages: Read<LineageList> = reader(listSchema);
export const readDelivery: Read<DeliveryState> = reader(deliverySchema);
export const readResult: Read<InstallResult> = reader(resultSchema);
