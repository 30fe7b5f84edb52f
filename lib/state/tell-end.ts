import { findingsOf } from '../base/errors.ts';
import type { FindingCode } from '../findings/register.ts';
import type { NewEvent } from './event.ts';

export interface TellEndOptions {
  /** the outcome of what resolves to 1 */
  readonly failed: FindingCode;
  readonly tell: (outcome: NewEvent['outcome']) => Promise<void>;
}

/** Runs it, and tells how it has ended: `ok`, failed, or by the code of what it throws. */
export async function tellEnd(run: () => Promise<0 | 1>, { failed, tell }: TellEndOptions): Promise<0 | 1> {
  try {
    const code = await run();
    await tell(code === 0 ? 'ok' : failed);
    return code;
  } catch (error) {
    await tell(findingsOf(error)[0].code);
    throw error;
  }
}
