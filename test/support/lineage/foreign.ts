import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base } from '../temporary.ts';
import { createCa, type Issued, type TestCa } from './certificates.ts';
import { ACCOUNT, renewalConf, SERVER } from './renewal-conf.ts';
import { writeLineage } from './tree.ts';

export { expect } from '../temporary.ts';

/** A file's tests with one CA, which issues once for the same names: a lineage is looked at, and not what it is signed with. */
// oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures that are used off the pattern
export const test = base.extend('ca', { scope: 'file' }, async ({}, { onCleanup }): Promise<TestCa> => {
  const directory = await mkdtemp(join(tmpdir(), 'certbot-ha-ca-'));
  onCleanup(async () => await rm(directory, { recursive: true, force: true }));
  const ca = await createCa(directory);
  const issued = new Map<string, Promise<Issued>>();
  return {
    ...ca,
    async issue(names, options) {
      const key = names.join(' ');
      const issuing = issued.get(key) ?? ca.issue(names, options);
      issued.set(key, issuing);
      return await issuing;
    },
  };
});

export interface ForeignOptions {
  readonly lineage?: string;
  readonly names?: readonly string[];
  /** the lines of [renewalparams] in the place of those of --webroot */
  readonly params?: readonly string[];
}

/** A lineage that certbot has obtained without certbot-ha: certificate, account and renewal configuration. Resolves to that and its text. */
export async function writeForeign(
  configDir: string,
  ca: TestCa,
  { lineage = 'a.test', names = [lineage], params = WEBROOT }: ForeignOptions = {},
): Promise<{ readonly file: string; readonly text: string }> {
  await writeLineage(configDir, lineage, [await ca.issue(names)]);
  const account = join(configDir, 'accounts', SERVER.replace('https://', ''), ACCOUNT);
  await mkdir(account, { recursive: true });
  for (const part of ['meta', 'private_key', 'regr']) await writeFile(join(account, `${part}.json`), '{}');
  const file = join(configDir, 'renewal', `${lineage}.conf`);
  const text = renewalConf({ configDir, lineage, params }).replace(
    'authenticator = manual\npref_challs = http-01,\n',
    '',
  );
  await mkdir(join(configDir, 'renewal'), { recursive: true });
  await writeFile(file, text, { mode: 0o640 });
  return { file, text };
}

export const WEBROOT = [
  'authenticator = webroot',
  'webroot_path = /var/www,',
  '[[webroot_map]]',
  'a.test = /var/www',
];
