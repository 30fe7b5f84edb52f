import { cliIniFiles, contradictionsIn, readCliIni, type KeptValues } from '../certbot/cli-ini.ts';
import { KEPT, type Kept } from '../certbot/changes.ts';
import { renewalConfOf } from '../certbot/config-dir.ts';
import { valuesIn } from '../certbot/renewal-data.ts';
import type { Finding } from '../findings/register.ts';
import { orNone, textOf } from '../system/read-file.ts';
import { currentGeneration } from './current.ts';
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
  const kept = await Promise.all(
    lineages.map(async (lineage): Promise<KeptValues | null> => {
      // What cannot be read is told of by whoever needs it.
      const text = await textOf(renewalConfOf(configDir, lineage)).catch(() => null);
      if (text === null) return null;
      const value = valuesIn(text);
      const values = Object.fromEntries(KEPT.map((key) => [key, value(key)])) as Record<Kept, string | null>;
      const { names = [] } = (await orNone(currentGeneration(configDir, lineage), null)) ?? {};
      return { ...values, pref_challs: value('pref_challs'), names };
    }),
  );
  return kept.filter((one) => one !== null);
}
