import { CertbotHaError } from '../base/errors.ts';
import type { CommandIo } from '../base/io.ts';
import { print } from '../base/print.ts';
import { printExpected } from '../base/report-error.ts';
import { ACCEPTABLE, isChange, partsOf, ruleOf } from '../certbot/changes.ts';
import { abilitiesOf } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { loadCluster } from '../cluster/load.ts';
import { whoOf } from '../cluster/target.ts';
import { quoted } from '../findings/area.ts';
import { lineOf } from '../findings/words.ts';
import { currentGeneration } from '../lineage/current.ts';
import { listLineages } from '../lineage/list.ts';
import { isLineageName } from '../lineage/schemas.ts';
import { askAllToSync } from '../peers/ask-to-sync.ts';
import { tellDamage } from '../state/damage.ts';
import { orNone } from '../system/read-file.ts';
import { makeStateDir } from '../state/state-dir.ts';
import { openState } from '../state/state.ts';
import { shownTyped, suggestion } from './usage-error.ts';

const KEYS = Object.keys(ACCEPTABLE);
const HINT = `a refused delivery prints the whole command; the keys are ${KEYS.join(', ')}`;

/**
 * `certbot-ha accept`: writes down what may change of a lineage on this node, and asks the other nodes to bring what
 * they have. 0 when it is written down: who has it brings it with the next sync anyway.
 */
export async function runAccept(io: CommandIo, given: readonly string[]): Promise<0> {
  const [lineage = '', ...changes] = given;
  const wrong = changes.find((change) => !isChange(change));
  if (!isLineageName(lineage) || lineage.includes('='))
    throw usage(`expected a lineage, got ${shownTyped(lineage)}`);
  if (changes.length === 0) throw usage(`${lineage}: expected KEY=VALUE, got nothing`);
  if (wrong !== undefined) throw usage(`${lineage}: ${problemOf(wrong)}`);
  const cluster = await loadCluster(io.env);
  if (cluster.config.certificates.mode === 'per-node') {
    io.out(lineOf({ code: 'per-node-mode' }));
    return 0;
  }
  const { configDir } = cluster.config.certificates;
  const state = openState(cluster.config, tellDamage(io.err));
  const known = await listLineages(configDir);
  // One that was deleted comes back under the same rules.
  const isKnown = known.includes(lineage) || (await state.records.deletionOf(lineage)) !== null;
  if (!isKnown && (await orNone(currentGeneration(configDir, lineage), 'unknown')) === null) {
    throw new CertbotHaError('usage', { code: 'no-such-lineage', names: [lineage], configDir, known });
  }
  await makeStateDir(cluster.config.stateDir);
  await state.accepted.accept(lineage, changes, new Date());
  io.out(`${lineage}: accepted on this node for a day: ${changes.join(' ')}`);
  // It is written down: whatever keeps this node from asking, the other nodes' timers do without.
  if (abilitiesOf(cluster.config).hasAgents)
    await askAll(cluster, io).catch((error: unknown) =>
      printExpected(error, io.err, 'the other nodes were not asked: '),
    );
  else io.out('the next certbot-ha sync of the node that has it brings it');
  return 0;
}

/** Why a change is none that can be accepted. */
function problemOf(change: string): string {
  const parts = partsOf(change);
  if (parts === null) return `expected KEY=VALUE, got ${quoted(change)}${suggestion(change, KEYS)}`;
  const { key, value } = parts;
  const rule = ruleOf(key);
  return rule === null
    ? `${quoted(key)} is no key that can be accepted${suggestion(key, KEYS)}`
    : `${key}: expected ${rule.expected}, got ${quoted(value)}`;
}

async function askAll(cluster: Cluster, io: CommandIo): Promise<void> {
  await askAllToSync(cluster.peers, cluster, {
    signal: io.interruption(),
    onAnswer: (peer, answer) => {
      if (answer.isOk) io.out(`${peer.name}: asked for what it has`);
      else print(io.err, answer.reason, `${whoOf(peer)}: `);
    },
  });
}

function usage(problem: string): CertbotHaError {
  return new CertbotHaError('usage', { code: 'usage', problem: `accept: ${problem}` }, { hint: HINT });
}
