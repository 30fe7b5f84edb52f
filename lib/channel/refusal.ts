import { printable } from '../findings/area.ts';
import type { Finding } from '../findings/register.ts';
import type { Problem } from './protocol.ts';

const MAX_CHARS = 300;

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
