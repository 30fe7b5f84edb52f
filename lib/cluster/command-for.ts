import { shellWord } from '../findings/area.ts';
import { DEFAULT_CONFIG_FILE } from './config.ts';

/** `certbot-ha`, with the option without which it would read another configuration. @param program where it is; default: by its name */
export function commandFor(file: string, program = 'certbot-ha'): string {
  return file === DEFAULT_CONFIG_FILE
    ? shellWord(program)
    : `${shellWord(program)} --config ${shellWord(file)}`;
}
