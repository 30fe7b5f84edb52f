import * as v from 'valibot';

/** valibot takes a list for a mapping of 0, 1, 2…; the reader of the file does not. */
export const mapping = (wanted: string) =>
  v.custom<Readonly<Record<string, unknown>>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    wanted,
  );

/** Of a key that is none of these, the message has those that are: who reads it tells which was meant. */
export const strict = <const T extends v.ObjectEntries>(entries: T) =>
  v.strictObject(entries, (issue) =>
    issue.expected === 'never' ? Object.keys(entries).join(' ') : 'a mapping of keys',
  );
