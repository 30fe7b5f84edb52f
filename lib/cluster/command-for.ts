import { shellWord } from '../findings/area.ts';
import { DEFAULT_CONFIG_FILE } from './config.ts';

/** `certbot-ha`, with the option without which it would read another configuration. */
export function commandFor(file: string): string {
  return file === DEFAULT_CONFIG_FILE ? 'certbot-ha' : `certbot-ha --config ${shellWord(file)}`;
}
