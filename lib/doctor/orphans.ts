import { archiveDirectory, liveDirectory, renewalConfOf } from '../certbot/config-dir.ts';
import { renewerOf } from '../certbot/renewal-data.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { shellWord } from '../findings/area.ts';
import { currentGeneration, type CurrentGeneration } from '../lineage/current.ts';
import { isLineageName } from '../lineage/schemas.ts';
import { bracketed } from '../net/address.ts';
import type { State } from '../state/state.ts';
import { entriesOf, exists, orNone, textOf } from '../system/read-file.ts';
import { join } from 'node:path';
import { complaint, type Complaint } from './check.ts';

interface Looked {
  readonly cluster: Cluster;
  readonly state: Pick<State, 'records'>;
}

/** Those in live/ that certbot cannot renew, whoever serves them: without a configuration, or to be renewed by hand. */
export async function orphansIn(looked: Looked): Promise<readonly Complaint[]> {
  const { configDir } = looked.cluster.config.certificates;
  const entries = (await entriesOf(liveDirectory(configDir))).filter(isLineageName);
  const complaints = await Promise.all(
    entries.map(async (lineage) => {
      const current = await orNone(currentGeneration(configDir, lineage), null);
      const lack = current === null ? null : await lackOf(configDir, lineage);
      if (current === null || lack === null) return [];
      // What is over long since has been forgotten there.
      const level = Date.parse(current.notAfter) < Date.now() ? 'warn' : 'fail';
      const next =
        lack === 'hooks' ? `certbot-ha adopt ${shellWord(lineage)}` : await stepFor(lineage, current, looked);
      return [complaint(level, { code: 'lineage-not-renewed', lineage }, next === null ? {} : { next })];
    }),
  );
  return complaints.flat();
}

/** What certbot lacks to renew it; null: nothing. */
async function lackOf(configDir: string, lineage: string): Promise<'configuration' | 'hooks' | null> {
  const conf = await orNone(textOf(renewalConfOf(configDir, lineage)), '');
  if (conf === null) return 'configuration';
  const { authenticator, authHook } = renewerOf(conf);
  return authenticator === 'manual' && authHook === null ? 'hooks' : null;
}

/** What brings a configuration back; null where HTTP-01 cannot renew it. */
async function stepFor(
  lineage: string,
  { names }: CurrentGeneration,
  { cluster: { config, peers }, state }: Looked,
): Promise<string | null> {
  const { configDir, mode } = config.certificates;
  const conf = renewalConfOf(configDir, lineage);
  const known = await orNone(state.records.installedOf(lineage), null);
  const from = peers.find(({ name }) => name === known?.from) ?? peers[0];
  if (known !== null && mode === 'shared' && from !== undefined) {
    return `scp -p ${shellWord(`root@${bracketed(from.address)}:${conf}`)} ${shellWord(conf)}`;
  }
  if (names.some((name) => name.startsWith('*.'))) return null;
  const cert = shellWord(lineage);
  const domains = names.map((name) => `-d ${shellWord(name)}`).join(' ');
  const away = await awayWith(lineage, configDir);
  return `${away} && certbot-ha certonly --cert-name ${cert} ${domains}  # or, where nothing serves it, without the last of these commands`;
}

/** certbot makes no lineage of a name that it has a directory of. What serves it has read it already. */
async function awayWith(lineage: string, configDir: string): Promise<string> {
  const before = `/root/${lineage}.before`;
  const archive = join(archiveDirectory(configDir), lineage);
  const places = [
    [join(liveDirectory(configDir), lineage), join(before, 'live')],
    ...((await exists(archive)) ? [[archive, join(before, 'archive')]] : []),
  ];
  const moves = places.map((words) => `mv ${words.map(shellWord).join(' ')}`);
  return [`mkdir ${shellWord(before)}`, ...moves].join(' && ');
}
