import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { successOf } from '../packages.ts';
import { run } from '../programs/program.ts';

/** A key for updates, made when the test runs. */
export interface MadeKey {
  readonly name: string;
  readonly algorithm: string;
  /** root's alone, as tsig-keygen has written it */
  readonly file: string;
  /** for named.conf */
  readonly statement: string;
  readonly secret: string;
}

export async function makeTsigKey(
  directory: string,
  { name = 'certbot-ha', algorithm = 'hmac-sha256' } = {},
): Promise<MadeKey> {
  const statement = successOf(await run(['tsig-keygen', '-a', algorithm, name]));
  const file = join(directory, `${name}.key`);
  await writeFile(file, statement);
  await chmod(file, 0o600);
  return { name, algorithm, file, statement, secret: /secret "(.*)"/.exec(statement)?.[1] ?? '' };
}
