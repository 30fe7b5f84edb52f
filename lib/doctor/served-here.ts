import type { Verdict } from '../gate/verdict.ts';
import type { Context } from './context.ts';

const NOBODY: Pick<Verdict, 'targets'> = { targets: [] };

/** Whether this node serves made-up challenges, by the drill that is made anyway. Why it cannot be made is told with it. */
export async function isServedHere({
  drill,
  names,
  signal,
}: Pick<Context, 'drill' | 'names' | 'signal'>): Promise<boolean> {
  if (drill === null) return false;
  const { targets } = await drill(await names(), signal).catch(() => NOBODY);
  return targets.some(({ target, state }) => target.isSelf && state === 'served');
}
