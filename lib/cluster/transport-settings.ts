import * as v from 'valibot';
import {
  CHALLENGE_TRANSPORTS,
  LINEAGE_TRANSPORTS,
  type LineageTransportName,
  type TransportName,
} from './abilities.ts';
import { strict } from './strict.ts';
import { oneOf } from './values.ts';

export const TRANSPORT_NAMES = Object.keys(CHALLENGE_TRANSPORTS) as readonly TransportName[];
const LINEAGE_NAMES = Object.keys(LINEAGE_TRANSPORTS) as readonly LineageTransportName[];

/** One for both, or one for each. */
export const transport = v.lazy((value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? strict({
        challenges: v.optional(oneOf(...TRANSPORT_NAMES), 'http'),
        lineages: v.optional(oneOf(...LINEAGE_NAMES), 'http'),
      })
    : oneOf(...TRANSPORT_NAMES),
);
