import type { HookIo } from '../base/io.ts';
import { print } from '../base/print.ts';
import { whoOf } from '../cluster/target.ts';
import { indentedLinesOf } from '../findings/words.ts';
import type { DeletionEnding } from './deletion.ts';

/** How it ended on each node. What is not done, is outstanding. */
export function tell(
  lineage: string,
  endings: readonly DeletionEnding[],
  io: Pick<HookIo, 'out' | 'err'>,
): void {
  const words = {
    refused: 'not deleted',
    silent: 'not deleted yet, outstanding',
    untold: 'handed over, and outstanding: how it ended cannot be asked',
  } as const;
  tellEach(lineage, endings, words, io);
}

/** Why it is begun nowhere. */
export function tellNothing(
  lineage: string,
  objecting: readonly DeletionEnding[],
  io: Pick<HookIo, 'out' | 'err'>,
): 1 {
  const words = { refused: 'not deleted', silent: 'not deleted', untold: 'cannot be asked' } as const;
  tellEach(lineage, objecting, words, io);
  io.err(`${lineage}: nothing is deleted on any node`);
  return 1;
}

function tellEach(
  lineage: string,
  endings: readonly DeletionEnding[],
  words: Readonly<Record<Exclude<DeletionEnding['state'], 'done'>, string>>,
  io: Pick<HookIo, 'out' | 'err'>,
): void {
  for (const { node, state: ended, result, findings } of endings) {
    const who = `${whoOf(node)}: ${lineage}: `;
    const say = ended === 'done' ? io.out : io.err;
    const done = result === 'deleted' ? 'deleted' : 'nothing to delete';
    say(`${who}${ended === 'done' ? done : words[ended]}`);
    for (const found of findings) for (const line of indentedLinesOf(found)) say(`  ${line}`);
  }
}

/** What would become of it on each node. */
export function preview(lineage: string, tried: readonly DeletionEnding[], io: Pick<HookIo, 'out'>): 0 {
  for (const { node, state, findings } of tried) {
    const who = `${whoOf(node)}: ${lineage}: `;
    if (state === 'done') io.out(`${who}would be deleted`);
    const words = state === 'untold' ? 'cannot be asked' : 'would not be deleted yet';
    if (state !== 'done') for (const found of findings.slice(0, 1)) print(io.out, found, `${who}${words}: `);
  }
  return 0;
}
