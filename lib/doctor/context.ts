import type { ChannelClient } from '../channel/client.ts';
import { showUnits, type RunProgram, type Units } from '../certbot/units-shown.ts';
import { abilitiesOf } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { isOnStandby } from '../cluster/standby.ts';
import { wordsOf } from '../findings/words.ts';
import type { Sharing } from '../gate/sharing.ts';
import type { Verdict } from '../gate/verdict.ts';
import { readLineageNames } from '../lineage/list.ts';
import type { State } from '../state/state.ts';
import { expectedFindings } from '../base/expected.ts';
import { surveyCluster, type ClusterStatus } from '../status/nodes.ts';
import { askingNobody } from '../status/survey-client.ts';
import { within } from '../system/deadline.ts';
import { unlessHung } from '../system/hung.ts';
import { exists } from '../system/read-file.ts';
import { runCommand } from '../system/run-command.ts';
import { askAgents, type Told } from './agents-told.ts';
import { once } from './once.ts';

/** Presents made-up challenges of these names everywhere, looks, and takes them away. */
export type Drill = (names: readonly string[], signal: AbortSignal) => Promise<Verdict>;

/** Writes made-up challenges into a webroot that nodes share, and looks how they see them. */
export interface Share {
  /** milliseconds that a file is waited for */
  readonly boundMs: number;
  readonly measure: (identifier: string | undefined, signal: AbortSignal) => Promise<readonly Sharing[]>;
}

/** What a check has to look at. What several want to know is asked for once. */
export interface Context {
  readonly cluster: Cluster;
  readonly env: NodeJS.ProcessEnv;
  readonly state: Pick<State, 'outstanding' | 'records' | 'journal' | 'gateFailures'>;
  /** of this check: its time is over, or an interruption */
  readonly signal: AbortSignal;
  /** null without a key that can be read */
  readonly client: ChannelClient | null;
  /** null: it is not to be made */
  readonly drill: Drill | null;
  /** null: as with the drill, or nodes share no webroot */
  readonly share: Share | null;
  readonly run: RunProgram;
  /** null without a client */
  readonly agents: () => Promise<readonly Told[] | null>;
  /** what `certbot-ha status` shows; null without a client where one is needed */
  readonly seen: () => Promise<ClusterStatus | null>;
  /** null where systemd does not run this host */
  readonly units: () => Promise<Units | null>;
  /** whether the file system of this node's webroot answers */
  readonly webrootAnswers: () => Promise<boolean>;
  /** why nothing of challenges is looked at on this node, which waits for the webroot to be mounted; null: it does not */
  readonly standby: () => Promise<string | null>;
  /** of all lineages that certbot-ha renews here, without wildcards */
  readonly names: () => Promise<readonly string[]>;
}

export type Given = Pick<Context, 'cluster' | 'env' | 'state' | 'client' | 'drill' | 'share'>;

/** Two questions, and a look at all that is served. */
const SURVEY_TIMEOUT_MS = 27_000;

/** All but the signal, which each check has of its own. @param interruption ends what they have asked together */
export function createContext(given: Given, interruption: AbortSignal): Omit<Context, 'signal'> {
  const { cluster, env, state, client } = given;
  const { configDir } = cluster.config.certificates;
  return {
    ...given,
    drill: given.drill && sharedDrill(given.drill),
    run: runCommand,
    agents: once(async () => client && (await askAgents(cluster, client, interruption))),
    seen: once(async () => {
      const signal = within(interruption, SURVEY_TIMEOUT_MS);
      const asking = client ?? whereNoneIsNeeded(cluster);
      return asking && (await surveyCluster(cluster, asking, state, env, { signal }));
    }),
    units: once(async () => await showUnits(runCommand)),
    webrootAnswers: once(async () => await answers(cluster.self.webroot, interruption)),
    standby: once(async () => ((await isOnStandby(cluster)) ? onStandby(cluster) : null)),
    names: once(async () => await readLineageNames(configDir)),
  };
}

function onStandby({ config, self }: Cluster): string {
  return wordsOf({ code: 'webroot-on-standby', directory: self.webroot, vips: config.vips });
}

/** What is mounted answers in milliseconds, also over a network. */
const ANSWER_TIMEOUT_MS = 5_000;

async function answers(directory: string, interruption: AbortSignal): Promise<boolean> {
  try {
    await unlessHung(directory, within(interruption, ANSWER_TIMEOUT_MS), async () => await exists(directory));
    return true;
  } catch (error) {
    // What cannot be looked at has answered.
    return expectedFindings(error)[0].code !== 'file-system-silent';
  }
}

/** One for all that ask, as long as who asked first has time. */
function sharedDrill(drill: Drill): Drill {
  let drilling: Promise<Verdict> | null = null;
  return async (names, signal) => await (drilling ??= drill(names, signal));
}

/** Without agents, a node sees by itself what is served. */
function whereNoneIsNeeded({ config }: Cluster): ChannelClient | null {
  if (abilitiesOf(config).needsKey) return null;
  return askingNobody({ code: 'key-file-missing', file: config.agent.keyFile });
}
