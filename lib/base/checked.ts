import * as v from 'valibot';

/** Makes a typed value of an answer, or null when it is something else. */
export type Read<T> = (value: unknown) => T | null;

/** Checks by a schema. */
export const reader =
  <T>(schema: v.GenericSchema<unknown, T>): Read<T> =>
  (value) => {
    const result = v.safeParse(schema, value);
    return result.success ? result.output : null;
  };
