import { liveDirectory, renewalConfOf } from '../certbot/config-dir.ts';
import { renewerOf } from '../certbot/renewal-data.ts';
import { commandFor } from '../cluster/command-for.ts';
import { shellWord } from '../findings/area.ts';
import { byHand, typed, typedIf, type Step } from '../findings/step.ts';
import { currentGeneration, type CurrentGeneration } from '../lineage/current.ts';
import { isLineageName } from '../lineage/schemas.ts';
import { bracketed } from '../net/address.ts';
import type { State } from '../state/state.ts';
import type { ClusterStatus } from '../status/nodes.ts';
import { entriesOf, orNone, textOf } from '../system/read-file.ts';
import { join } from 'node:path';
import { answeringPeers } from './answering.ts';
import { complaint, type Complaint } from './check.ts';
import type { Context } from './context.ts';

type Looked = Pick<Context, 'cluster' | 'agents' | 'seen'> & { readonly state: Pick<State, 'records'> };

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
          ? typed(`${commandFor(file)} adopt ${shellWord(lineage)}`)
          : await stepsFor(lineage, current, looked);
      return [complaint(level, { code: 'lineage-not-renewed', lineage }, { next })];
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
 * What brings a configuration back; nothing where HTTP-01 cannot renew it, or another node is the one to renew. What is served stays where
 * it is, and what another node has is read before it is taken: it may name commands.
 */
async function stepsFor(
  lineage: string,
  { names }: CurrentGeneration,
  { cluster, state, agents, seen }: Looked,
): Promise<readonly Step[]> {
  const { config, self } = cluster;
  const { configDir, mode, issuer } = config.certificates;
  const conf = renewalConfOf(configDir, lineage);
  const file = shellWord(conf);
  const known = mode === 'shared' ? await orNone(state.records.installedOf(lineage), null) : null;
  const peers = mode === 'shared' ? await answeringPeers({ cluster, agents }) : [];
  // sync forgets what has no configuration here: then the others tell of it.
  const having = known === null && peers.length > 0 ? havingIt(lineage, await seen()) : null;
  const sources = peers.filter(({ name }) => having?.has(name) ?? true);
  const from = sources.find(({ name }) => name === known?.from) ?? sources[0];
  if (from !== undefined) {
    const there = `ssh ${shellWord(`root@${from.address}`)} ${shellWord(`cat ${file}`)}`;
    const copy = `scp -p ${shellWord(`root@${bracketed(from.address)}:${conf}`)} ${file}`;
    return [...typed(there), ...typedIf('if all paths and hooks in it are right for this node', copy)];
  }
  if (names.some((name) => name.startsWith('*.'))) return [];
  if (mode === 'shared' && !['vip', 'any', self.name].includes(issuer)) return [];
  const domains = names.map((name) => `-d ${shellWord(name)}`).join(' ');
  const again = `${commandFor(config.file)} certonly --cert-name NEW ${domains}`;
  return [
    ...byHand(`restore ${conf} from a backup`),
    ...typedIf('or, on the node that renews, issue it under another name', again),
    ...byHand(`then have ${join(liveDirectory(configDir), 'NEW')} served`),
  ];
}

/** The nodes that tell to have its newest generation. */
function havingIt(lineage: string, status: ClusterStatus | null): ReadonlySet<string> {
  const rows = status?.lineages.filter((row) => row.lineage === lineage && row.installed === 'newest') ?? [];
  return new Set(rows.map(({ target }) => target));
}
