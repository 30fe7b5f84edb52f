import { reader, type Read } from '../base/checked.ts';
import { recordSchema } from '../state/records.ts';
import { resultSchema } from '../state/results.ts';
import { MAX_TOLD, toldSchema } from '../state/tombstones.ts';
import * as v from 'valibot';
import type { DeliveryState, LineageList, NodeStatus } from './protocol.ts';

// A peer's agent may be of another version, or not its own master any more: what it answers is
// checked like any other input before anything is made of it.

const PRINTABLE = /^[\x20-\x7e]*$/;
const text = (maxLength: number) => v.pipe(v.string(), v.maxLength(maxLength), v.regex(PRINTABLE));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const statusSchema = v.object({
  node: text(64),
  version: text(64),
  uptimeSeconds: count,
  vips: v.pipe(v.array(text(64)), v.maxLength(64)),
  challenges: count,
});

const listSchema = v.object({
  lineages: v.pipe(v.array(recordSchema), v.maxLength(10_000)),
  deleted: v.exactOptional(v.pipe(v.array(toldSchema), v.maxLength(MAX_TOLD))),
});

const deliverySchema = v.union([
  v.object({ state: v.picklist(['staged', 'activated', 'installing']) }),
  resultSchema,
]);

export const readStatus: Read<NodeStatus> = reader(statusSchema);
export const readLineages: Read<LineageList> = reader(listSchema);
export const readDelivery: Read<DeliveryState> = reader(deliverySchema);
