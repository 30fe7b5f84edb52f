import * as v from 'valibot';
import { reader, type Read } from '../base/checked.ts';
import type { Finding } from '../findings/register.ts';
import { hash, lineageName, time } from '../lineage/schemas.ts';

/**
 * How an installation ended:
 * - `installed`: switched, the web server's test passed, reloaded
 * - `unchanged`: it was installed already; the web server was reloaded once more
 * - `refused`: the bundle broke a rule; nothing was changed
 * - `rolled back`: the web server's test failed; what was there before is there again
 * - `not reloaded`: switched and tested, but the web server could not be reloaded
 * - `failed`: this host would not let it, such as a full disk; undone, or to be at the next start
 */
export type InstallState = 'installed' | 'unchanged' | 'refused' | 'rolled back' | 'not reloaded' | 'failed';

/** Whether the bundle is in place, and the web server has been told. */
export function isInstalled(state: string): boolean {
  return state === 'installed' || state === 'unchanged';
}

export interface InstallResult {
  readonly id: string;
  /** null when the bundle was refused before it told */
  readonly lineage: string | null;
  readonly state: InstallState;
  /** lines for the operator; empty when there is nothing to add */
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

const MAX_LINE_CHARS = 1_000;

/** A web server's own words may be in any language; what would move a cursor or turn the text about is taken out. */
const line = v.pipe(
  v.string(),
  v.transform((said) => said.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, MAX_LINE_CHARS)),
);

export const resultSchema = v.object({
  id: hash,
  lineage: v.nullable(lineageName),
  state: v.picklist(['installed', 'unchanged', 'refused', 'rolled back', 'not reloaded', 'failed']),
  messages: v.pipe(v.array(line), v.maxLength(200)),
  at: time,
});

export const readResult: Read<InstallResult> = reader(resultSchema);
