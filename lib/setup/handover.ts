import * as v from 'valibot';
import { reader } from '../base/checked.ts';
import { CertbotHaError } from '../base/errors.ts';
import { MAX_TEXT_BYTES } from '../system/read-text.ts';

/** What goes from a node that is set up to the others, by a pipe: its configuration and its key. The key is a secret. */
export interface Handover {
  /** the configuration's text */
  readonly config: string;
  /** the key file's text */
  readonly key: string;
}

const VERSION = 1;
/** A configuration of the greatest size in which every character is escaped would be larger, and none is. */
export const MAX_HANDOVER_BYTES = 2 * MAX_TEXT_BYTES;
/** As many as a key file may have. */
const KEYS = /^(?:[0-9a-f]{64}\n){1,63}$/i;

const read = reader(
  v.object({
    'certbot-ha': v.literal(VERSION),
    config: v.string(),
    key: v.pipe(v.string(), v.regex(KEYS)),
  }),
);

/** As a line of JSON. */
export function handoverText({ config, key }: Handover): string {
  return JSON.stringify({ 'certbot-ha': VERSION, config, key });
}

/** @throws {CertbotHaError} `usage` for anything else. The message shows nothing of it. */
export function readHandover(text: string): Handover {
  const handover = read(parsed(text));
  if (handover !== null) return handover;
  throw notRead(text.trim() === '' ? 'nothing' : 'something else');
}

/** @param got words for what was there instead */
export function notRead(got: string): CertbotHaError {
  const hint = 'on a node that is set up: certbot-ha init --export | ssh root@NODE certbot-ha init --join';
  return new CertbotHaError('usage', { code: 'set-up-not-read', got }, { hint });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
