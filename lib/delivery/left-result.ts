import { readResult } from '../channel/answers.ts';
import type { InstallResult } from '../install/records.ts';
import type { Unknown } from './delivery.ts';

/**
 * What the installer has left in the inbox, once the marker is gone: it leaves its answer before it
 * takes the marker away, so what is not there then does not come any more.
 * @param text null when there is none
 */
export function leftResult(id: string, text: string | null): InstallResult | Unknown {
  if (text === null)
    return {
      state: 'unknown',
      reason: 'its installer has left none: journalctl -u certbot-ha-installer there tells',
    };
  const result = readResult(parsed(text));
  return result?.id === id
    ? result
    : { state: 'unknown', reason: 'what lies in its place in inbox/results there is something else' };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // somebody else's
  }
}
