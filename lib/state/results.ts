import * as v from 'valibot';
import { reader, type Read } from '../base/checked.ts';
import type { Finding } from '../findings/register.ts';
import { cleanText, findingOfLine, readFinding } from '../findings/read.ts';
import { MAX_FINDINGS, MAX_LINES } from '../findings/several.ts';
import { hash, lineageName, time } from '../lineage/schemas.ts';

const installState = v.picklist([
  'installed',
  'unchanged',
  'deleted',
  'refused',
  'rolled back',
  'not reloaded',
  'failed',
]);

/**
 * How an installation ended:
 * - `installed`: switched, the web server's test passed, reloaded
 * - `unchanged`: it was installed already; the web server was reloaded once more
 * - `refused`: the bundle broke a rule; nothing was changed
 * - `rolled back`: it made the web server's test fail; what was there before is there again
 * - `not reloaded`: switched, but the web server could not be reloaded, or its test fails as it did before
 * - `deleted`: it was a deletion, and the lineage is not here any more
 * - `failed`: this host would not let it, such as a full disk; undone, or to be at the next start
 */
export type InstallState = v.InferOutput<typeof installState>;

/** Whether what was asked for is done. */
export function isInstalled(state: string): state is 'installed' | 'unchanged' | 'deleted' {
  return state === 'installed' || state === 'unchanged' || state === 'deleted';
}

export interface InstallResult {
  readonly id: string;
  /** null when the bundle was refused before it told */
  readonly lineage: string | null;
  readonly state: InstallState;
  /** why it ended so; empty when there is nothing to add */
  readonly findings: readonly Finding[];
  /** the same as lines, for a reader of another version, which may not know a code */
  readonly messages: readonly string[];
  /** ISO 8601 */
  readonly at: string;
}

/** Activated, and nobody can say how the installer ended: only the gate tells what is served. */
export interface Unknown {
  readonly state: 'unknown';
  /** why it cannot be told */
  readonly reason: Finding;
}

/** One that is no line costs no other one. */
const lines = v.pipe(
  v.array(v.unknown()),
  v.maxLength(MAX_LINES),
  v.transform((all) => all.flatMap((one) => (typeof one === 'string' ? [cleanText(one)] : []))),
);

/** A version that had no findings yet has lines alone. */
function withFindings<
  T extends { readonly findings?: readonly unknown[] | undefined; readonly messages: string[] },
>({ findings, ...rest }: T) {
  const { messages } = rest;
  const known = findings?.flatMap((found) => readFinding(found, messages) ?? []);
  return { ...rest, findings: known ?? messages.map(findingOfLine) };
}

export const resultSchema = v.pipe(
  v.object({
    id: hash,
    lineage: v.nullable(lineageName),
    state: installState,
    findings: v.optional(v.pipe(v.array(v.unknown()), v.maxLength(MAX_FINDINGS))),
    messages: lines,
    at: time,
  }),
  v.transform(withFindings),
);

export const readResult: Read<InstallResult> = reader(resultSchema);
