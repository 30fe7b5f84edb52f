import * as v from 'valibot';
import { isHostName, isIpAddress } from '../net/address.ts';

// Every message completes the sentence "expected …": lib/cluster/problems.ts makes the line.

export const isMapping = (value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** valibot takes a list for a mapping of 0, 1, 2…; the reader of the file does not. */
export const mapping = (wanted: string) => v.custom<Readonly<Record<string, unknown>>>(isMapping, wanted);

/** Of a key that is none of these, the message has those that are: who reads it tells which was meant. */
export const strict = <const T extends v.ObjectEntries>(entries: T) =>
  v.strictObject(entries, (issue) =>
    issue.expected === 'never' ? Object.keys(entries).join(' ') : 'a mapping of keys',
  );

export const seconds = (min: number, max: number) => {
  const wanted = `a number of seconds from ${min} to ${max}`;
  return v.pipe(v.number(wanted), v.minValue(min, wanted), v.maxValue(max, wanted));
};

export const address = (() => {
  const wanted = 'an IPv4 address, an IPv6 address or a host name';
  return v.pipe(
    v.string(wanted),
    v.check((value) => isIpAddress(value) || isHostName(value), wanted),
  );
})();

/** @param example of one */
export const argumentList = (example: string) => {
  const wanted = `a list of arguments, such as ${example}`;
  return v.pipe(v.array(v.string(wanted), wanted), v.minLength(1, wanted));
};

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
