import * as v from 'valibot';
import { mapping, strict } from './strict.ts';

// Every message completes the sentence "expected …": lib/cluster/problems.ts makes the line.

export const port = (() => {
  const wanted = 'a port number from 1 to 65535';
  return v.pipe(v.number(wanted), v.integer(wanted), v.minValue(1, wanted), v.maxValue(65_535, wanted));
})();

export const path = (() => {
  const wanted = 'an absolute path';
  return v.pipe(v.string(wanted), v.startsWith('/', wanted));
})();

export const user = (() => {
  const wanted = 'a user name';
  return v.pipe(v.string(wanted), v.regex(/^[a-z_][a-z0-9_.-]{0,31}$/i, wanted));
})();

export const oneOf = <const T extends readonly string[]>(...values: T) =>
  v.picklist(values, values.length === 2 ? values.join(' or ') : `one of ${values.join(', ')}`);

export const section = <const T extends v.ObjectEntries>(entries: T) =>
  // A section that is left empty reads as null.
  v.nullish(v.pipe(mapping('a mapping of keys'), strict(entries)), {} as never);
