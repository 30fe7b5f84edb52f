import { CertbotHaError } from '../base/errors.ts';
import { expectedFindings } from '../base/expected.ts';
import { adoptedConf, type Changed } from '../certbot/adopted-conf.ts';
import { renewalConfOf } from '../certbot/config-dir.ts';
import type { HookName } from '../certbot/hook-commands.ts';
import { renewerOf } from '../certbot/renewal-data.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Finding } from '../findings/register.ts';
import { isOurs } from '../lineage/list.ts';
import { unreadable } from '../lineage/unreadable.ts';
import { readText } from '../system/read-text.ts';
import { hooksAfter, type HooksAfter } from './hooks-after.ts';
import { lookAt } from './obstacles.ts';

/** What would be done to a lineage, and what it is now. */
export interface Plan extends Pick<HooksAfter, 'hooks' | 'without' | 'dropped' | 'kept'> {
  readonly lineage: string;
  /** what its certificate is for */
  readonly names: readonly string[];
  /** its renewal configuration */
  readonly file: string;
  /** as it is */
  readonly before: string;
  readonly changed: Changed;
}

/** Whether a lineage can be renewed by certbot-ha's hooks from now on. */
export type Standing =
  | { readonly is: 'adopted' }
  | { readonly is: 'refused'; readonly by: string; readonly findings: readonly Finding[] }
  | { readonly is: 'adoptable'; readonly by: string; readonly plan: Plan };

export interface StandingOptions {
  readonly cluster: Pick<Cluster, 'config'>;
  /** this installation's */
  readonly hooks: Readonly<Record<HookName, string>>;
  /** no hook of the lineage's own stays */
  readonly isDropping: boolean;
}

/** Looks at a lineage as it is on this node. Changes nothing, and asks nobody. */
export async function standingOf(
  lineage: string,
  { cluster: { config }, hooks: own, isDropping }: StandingOptions,
): Promise<Standing> {
  const { configDir } = config.certificates;
  const file = renewalConfOf(configDir, lineage);
  let by = 'unknown';
  try {
    const before = await textIn(file);
    by = renewedBy(before);
    if (await isOurs(configDir, lineage)) return { is: 'adopted' };
    const after = hooksAfter(before, { own, config, lineage, isDropping });
    const { obstacles, names, hasInstaller } = await lookAt(lineage, before, { config, kept: after.kept });
    if (obstacles.length > 0) return { is: 'refused', by, findings: obstacles };
    const without = [...after.without, ...(hasInstaller ? ['installer'] : [])];
    const changed = adoptedConf(before, { hooks: after.hooks, without });
    return { is: 'adoptable', by, plan: { ...after, without, lineage, names, file, before, changed } };
  } catch (error) {
    return { is: 'refused', by, findings: expectedFindings(error) };
  }
}

async function textIn(file: string): Promise<string> {
  try {
    return await readText(file);
  } catch (error) {
    const found = unreadable(error, file);
    throw found === null ? error : new CertbotHaError('failed', found, { cause: error });
  }
}

/** How a lineage is renewed, in a word or two. */
function renewedBy(text: string): string {
  const { authenticator, authHook } = renewerOf(text);
  if (authenticator === null) return 'nothing';
  if (authenticator !== 'manual') return authenticator;
  return authHook === null ? 'hand' : 'manual, other hooks';
}
