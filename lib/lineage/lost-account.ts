import { join } from 'node:path';
import { isSystemError } from '../base/expected.ts';
import { accountDirectory, renewalConfOf } from '../certbot/config-dir.ts';
import { isAccount, isServer, renewerOf, valuesIn } from '../certbot/renewal-data.ts';
import type { FindingOf } from '../findings/register.ts';
import { exists, orNone, textOf } from '../system/read-file.ts';
import { ACCOUNT_FILES } from './accounts.ts';

export type LostAccount = FindingOf<'account-lost'>;

/**
 * The ACME account that the renewal configuration of a lineage of certbot-ha's names and that is not here, or not whole:
 * certbot cannot renew it then. Null where it is here, or what may not be read.
 */
export async function lostAccountOf(configDir: string, lineage: string): Promise<LostAccount | null> {
  const conf = await orNone(textOf(renewalConfOf(configDir, lineage)), null);
  if (conf === null || !renewerOf(conf).isOurs) return null;
  const value = valuesIn(conf);
  const [account, server] = [value('account') ?? '', value('server') ?? ''];
  if (!isAccount(account) || !isServer(server)) return null;
  const directory = accountDirectory(configDir, { server, account });
  const files = ACCOUNT_FILES.map(async (file) => await orNone(exists(join(directory, file)), true));
  return (await Promise.all(files)).every(Boolean)
    ? null
    : { code: 'account-lost', lineage, account, server, directory };
}

/** Of these lineages, those whose account is lost. */
export async function lostAccounts(
  configDir: string,
  lineages: readonly string[],
): Promise<readonly LostAccount[]> {
  const all = await Promise.all(
    lineages.map(
      async (lineage) =>
        // What the disk or the file server does not give, nobody has lost.
        await lostAccountOf(configDir, lineage).catch((error: unknown) => {
          if (isSystemError(error)) return null;
          throw error;
        }),
    ),
  );
  return all.filter((lost) => lost !== null);
}
