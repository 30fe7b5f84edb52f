import { join } from 'node:path';
import * as v from 'valibot';
import { expectedFindings } from '../base/expected.ts';
import { readSmall } from '../system/read-untrusted.ts';
import { writeWhole } from '../system/write-file.ts';

export const TAKEN: Verdict = { exitCode: 0, problems: [] };

/** How a reload has ended: 0 taken over, 1 only a restart helps or something has failed, 2 what there is is wrong. */
export interface Verdict {
  readonly exitCode: 0 | 1 | 2;
  /** lines for people */
  readonly problems: readonly string[];
}

const SCHEMA = v.object({
  /** of this process: the one before its first reload is 0 */
  number: v.number(),
  exitCode: v.picklist([0, 1, 2]),
  problems: v.array(v.string()),
});
const MAX_BYTES = 1_048_576;

/** Its file; null where systemd has made no directory for it (`RuntimeDirectory=`). */
function fileIn({ RUNTIME_DIRECTORY: directory }: NodeJS.ProcessEnv): string | null {
  return directory ? join(directory.split(':')[0] ?? '', 'reloaded.json') : null;
}

/**
 * Tells whoever asks for reloads how the last one has ended. The first call says that this process can be reloaded. Never rejects: what cannot
 * be written is in the journal alone.
 */
export function createVerdicts(env: NodeJS.ProcessEnv): (verdict: Verdict) => Promise<void> {
  const file = fileIn(env);
  let number = 0;
  return async (verdict) => {
    if (file === null) return;
    const text = JSON.stringify({ number, ...verdict });
    number += 1;
    await writeWhole(file, `${text}\n`, { mode: 0o640, isDurable: false }).catch(expectedFindings);
  };
}

/** Null: none is there. */
export async function readVerdict(
  env: NodeJS.ProcessEnv,
): Promise<(Verdict & { readonly number: number }) | null> {
  const file = fileIn(env);
  const text = file === null ? null : await readSmall(file, MAX_BYTES);
  return text === null ? null : v.parse(SCHEMA, JSON.parse(text));
}
