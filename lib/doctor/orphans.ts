import { liveDirectory, renewalConfOf } from '../certbot/config-dir.ts';
import { renewerOf } from '../certbot/renewal-data.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { commandFor } from '../cluster/command-for.ts';
import { shellWord } from '../findings/area.ts';
import { currentGeneration, type CurrentGeneration } from '../lineage/current.ts';
import { isLineageName } from '../lineage/schemas.ts';
import { bracketed } from '../net/address.ts';
import type { State } from '../state/state.ts';
import { entriesOf, orNone, textOf } from '../system/read-file.ts';
import { join } from 'node:path';
import { complaint, type Complaint } from './check.ts';

interface Looked {
  readonly cluster: Cluster;
  readonly state: Pick<State, 'records'>;
}

/** Those in live/ that certbot cannot renew, whoever serves them: without a configuration, or to be renewed by hand. */
export async function orphansIn(looked: Looked): Promise<readonly Complaint[]> {
  const { file, certificates } = looked.cluster.config;
  const { configDir } = certificates;
  const entries = (await entriesOf(liveDirectory(configDir))).filter(isLineageName);
  const complaints = await Promise.all(
    entries.map(async (lineage) => {
      const current = await orNone(currentGeneration(configDir, lineage), null);
      const lack = current === null ? null : await lackOf(configDir, lineage);
      if (current === null || lack === null) return [];
      // What is over long since has been forgotten there.
      const level = Date.parse(current.notAfter) < Date.now() ? 'warn' : 'fail';
      const next =
        lack === 'hooks'
          ? `${commandFor(file)} adopt ${shellWord(lineage)}`
          : await stepFor(lineage, current, looked);
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

/**
 * What brings a configuration back; null where HTTP-01 cannot renew it, or another node is the one to renew. What is served stays where
 * it is, and what another node has is read before it is taken: it may name commands.
 */
async function stepFor(
  lineage: string,
  { names }: CurrentGeneration,
  { cluster: { config, self, peers }, state }: Looked,
): Promise<string | null> {
  const { configDir, mode, issuer } = config.certificates;
  const conf = renewalConfOf(configDir, lineage);
  const file = shellWord(conf);
  const known = await orNone(state.records.installedOf(lineage), null);
  const from = peers.find(({ name }) => name === known?.from) ?? peers[0];
  if (known !== null && mode === 'shared' && from !== undefined) {
    const there = `ssh ${shellWord(`root@${from.address}`)} ${shellWord(`cat ${file}`)}`;
    const copy = `scp -p ${shellWord(`root@${bracketed(from.address)}:${conf}`)} ${file}`;
    return `${there}  # if all paths and hooks in it are right for this node: ${copy}`;
  }
  if (names.some((name) => name.startsWith('*.'))) return null;
  if (mode === 'shared' && !['vip', 'any', self.name].includes(issuer)) return null;
  const domains = names.map((name) => `-d ${shellWord(name)}`).join(' ');
  const again = `${commandFor(config.file)} certonly --cert-name NEW ${domains}`;
  const served = shellWord(join(liveDirectory(configDir), 'NEW'));
  return `# restore ${file} from a backup; or, on the node that renews, issue it under another name, and have ${served} served: ${again}`;
}
