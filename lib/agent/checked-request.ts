import type { FastifySchemaCompiler, FastifyServerOptions } from 'fastify';
import * as v from 'valibot';

type SchemaController = NonNullable<FastifyServerOptions['schemaController']>;

/** A part of a request as its schema wants it; else an error that names the place, and has nothing of what was sent. */
const validator: FastifySchemaCompiler<v.GenericSchema> =
  ({ schema, httpPart = '' }) =>
  (value) => {
    const { success, output, issues } = v.safeParse(schema, value, { abortEarly: true });
    return success ? { value: output } : { error: new Error(placeOf(httpPart, issues[0])) };
  };

function placeOf(part: string, { path, expected, message }: v.BaseIssue<unknown>): string {
  // A key that is not known is the sender's word.
  const keys = (expected === 'never' ? path?.slice(0, -1) : path)?.map(({ key }) => String(key));
  return `${[part, ...(keys ?? [])].join('/')} ${message}`;
}

/**
 * Schemas are valibot's, as everywhere. The compilers that fastify brings, for JSON's schemas and for answers that have one, take a
 * tenth of the agent's memory: docs/decisions/0055-memory-at-rest.md. Its types know no others.
 */
export const SCHEMAS = {
  schemaController: {
    compilersFactory: {
      buildValidator: (() => validator) as never,
      buildSerializer: () => () => JSON.stringify,
    },
  },
} as const satisfies { readonly schemaController: SchemaController };
