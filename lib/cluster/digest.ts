import { createHash } from 'node:crypto';
import type { Config } from './config.ts';

/**
 * Tells two configurations apart, by what they mean and not by how they are written. What may differ between the nodes of a
 * cluster does not count: where the file is, and which node `self` is. Two versions may read one file differently.
 */
export function digestOf({ file: _file, self: _self, ...rest }: Config): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(rest)))
    .digest('hex')
    .slice(0, 16);
}

/** With the keys of every mapping in alphabetical order; nodes are a list, whose order counts. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, one]) => [key, sorted(one)] as const);
  return Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
