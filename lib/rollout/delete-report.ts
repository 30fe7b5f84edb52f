import type { HookIo } from '../base/io.ts';
import { print } from '../base/print.ts';
import { whoOf } from '../cluster/target.ts';
import { indentedLinesOf } from '../findings/words.ts';
import type { DeletionEnding } from './deletion.ts';

/** How it ended on each node. */
export function tell(
  lineage: string,
  endings: readonly DeletionEnding[],
  io: Pick<HookIo, 'out' | 'err'>,
): void {
  for (const { node, state: ended, result, findings } of endings) {
    const who = `${whoOf(node)}: ${lineage}: `;
    const say = ended === 'done' ? io.out : io.err;
    const done =
      result === 'unknown' ? 'handed over' : result === 'deleted' ? 'deleted' : 'nothing to delete';
    const words = { done, refused: 'not deleted', silent: 'not deleted yet, outstanding' } as const;
    say(`${who}${words[ended]}`);
    for (const found of findings) for (const line of indentedLinesOf(found)) say(`  ${line}`);
  }
}

/** What would become of it on each node. */
export function preview(
  lineage: string,
  tried: readonly DeletionEnding[],
  io: Pick<HookIo, 'out' | 'err'>,
): 0 | 1 {
  for (const { node, state, findings } of tried) {
    const who = `${whoOf(node)}: ${lineage}: `;
    if (state === 'done') io.out(`${who}would be deleted`);
    else for (const found of findings.slice(0, 1)) print(io.out, found, `${who}would not be deleted yet: `);
  }
  return 0;
}
