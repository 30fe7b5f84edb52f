import { createHash, randomBytes } from 'node:crypto';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** An account as certbot writes it, but for its key, which nobody reads. Resolves to its id. */
export async function writeAccount(
  configDir: string,
  {
    registered,
    arrived = registered,
    server = 'ca.example.test:14000/dir',
  }: { readonly registered: string; /** on this node */ readonly arrived?: string; readonly server?: string },
): Promise<string> {
  const id = createHash('md5').update(randomBytes(16)).digest('hex');
  const directory = join(configDir, 'accounts', server, id);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const meta = JSON.stringify({ creation_dt: registered, creation_host: 'web1' });
  for (const [file, content] of Object.entries({ meta, private_key: '{}', regr: '{}' }))
    await writeFile(join(directory, `${file}.json`), content, { mode: 0o400 });
  await utimes(join(directory, 'private_key.json'), new Date(arrived), new Date(arrived));
  return id;
}
