import type { HookIo } from '../base/io.ts';
import { print } from '../base/print.ts';
import { whoOf } from '../cluster/target.ts';
import { unreadOf, type PeerView } from '../peers/survey.ts';

/** False, and told, where a peer does not answer, or says what a clock has got wrong, or what nobody can read. */
export function isHeardWell(view: PeerView, io: Pick<HookIo, 'err'>): boolean {
  const who = `${whoOf(view.node)}: `;
  if (!view.isReachable) print(io.err, view.reason, who);
  else
    for (const { lineage, stamp = '' } of view.ahead) {
      print(io.err, { code: 'stamp-ahead', lineage, stamp, here: new Date().toISOString() }, who);
    }
  const unread = view.isReachable ? (view.unread ?? []) : [];
  if (unread.length > 0) print(io.err, unreadOf(unread), who);
  return view.isReachable && view.ahead.length === 0 && unread.length === 0;
}
