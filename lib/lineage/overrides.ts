import { cliIniFiles, contradictionsIn, readCliIni, type KeptValues } from '../certbot/cli-ini.ts';
import { KEPT } from '../certbot/changes.ts';
import { renewalConfOf } from '../certbot/config-dir.ts';
import { valuesIn } from '../certbot/renewal-data.ts';
import type { Finding } from '../findings/register.ts';
import { textOf } from '../system/read-file.ts';
import { listOurs } from './list.ts';

/** What makes certbot renew certbot-ha's lineages otherwise than their configurations say: lines of cli.ini. */
export async function cliIniOverrides(
  configDir: string,
  env: NodeJS.ProcessEnv,
): Promise<readonly Finding[]> {
  const settings = await readCliIni(cliIniFiles(configDir, env));
  return settings.length === 0 ? [] : contradictionsIn(settings, await keptOf(configDir));
}

async function keptOf(configDir: string): Promise<readonly KeptValues[]> {
  const lineages = await listOurs(configDir);
  const texts = await Promise.all(
    // What cannot be read is told of by whoever needs it.
    lineages.map(async (lineage) => await textOf(renewalConfOf(configDir, lineage)).catch(() => null)),
  );
  return texts
    .filter((text) => text !== null)
    .map((text) => {
      const value = valuesIn(text);
      return Object.fromEntries([...KEPT, 'pref_challs'].map((key) => [key, value(key)])) as KeptValues;
    });
}
