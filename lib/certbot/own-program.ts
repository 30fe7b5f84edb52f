import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

const USUAL_PROGRAM = '/usr/local/bin/certbot-ha';

/** Where this command is, by the PATH of who has typed it. */
export async function ownProgram({ PATH = '' }: NodeJS.ProcessEnv): Promise<string> {
  for (const directory of PATH.split(delimiter).filter((one) => one.startsWith('/'))) {
    const file = join(directory, 'certbot-ha');
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false, // there is the next one
    );
    if (isThere) return file;
  }
  return USUAL_PROGRAM;
}
