import { printable } from '../findings/area.ts';
import type { Finding } from '../findings/register.ts';
import type { Problem } from './protocol.ts';

const MAX_CHARS = 300;
/** A file system there has not answered in time: what was asked for may be done yet (docs/protocol.md, Refusals). */
const STILL_AT_WORK = 503;

/** The agent says why in a problem document; anything else that answers is not our agent. */
export function refusalOf(status: number, text: string): Finding {
  try {
    const problem = JSON.parse(text) as Partial<Problem> | null;
    if (typeof problem?.detail === 'string') {
      return { code: 'agent-refuses', status, detail: printable(problem.detail).slice(0, MAX_CHARS) };
    }
  } catch {
    // no problem document: the status is all there is
  }
  return { code: 'not-an-agent', status };
}

/** What tells of an answer whether it is a refusal: an `Answer` of the client's. */
type Answered =
  { readonly isOk: true } | { readonly isOk: false; readonly reason: Finding; readonly isSilent: boolean };

/** Whether an agent has said that it does not do what it was asked for: who is silent, or waits for its disk, may do it yet. */
export function isRefused(answer: Answered): boolean {
  if (answer.isOk || answer.isSilent) return false;
  const { reason } = answer;
  return !(reason.code === 'agent-refuses' && reason.status === STILL_AT_WORK);
}
