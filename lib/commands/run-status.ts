import { doesHolderRenew } from '../cluster/vips.ts';
import { createOutstanding } from '../state/outstanding.ts';
import { createRecords } from '../state/records.ts';
import { tellDamage } from '../state/damage.ts';
import { createSurveyClient } from '../status/survey-client.ts';
import { LOOK, type Look as Place } from '../cluster/answering.ts';
import { loadCluster } from '../cluster/load.ts';
import { documentOf, linesOf, type StatusDocument } from './status-lines.ts';
import { surveyCluster, type ClusterStatus } from '../status/nodes.ts';
import { jsonOf, print } from '../base/print.ts';
import { pausing, waitingFor } from '../base/waiting.ts';
import { renewalPlan } from '../status/plan.ts';
import { usageError } from './usage-error.ts';
import { troublesOf, type Trouble } from '../status/troubles.ts';
import type { CommandIo } from '../base/io.ts';
import { isWhole, keepShowing } from './keep-showing.ts';
import { timeoutOf } from './seconds.ts';
import { surveyTime, type SurveyTime } from './survey-time.ts';
import { whileRead } from './while-read.ts';
import type { ChannelClient } from '../channel/client.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { lineOf } from '../findings/words.ts';
import type { OnDamage } from '../state/json-file.ts';

interface StatusOptions {
  readonly json?: boolean | undefined;
  readonly watch?: boolean | undefined;
  readonly check?: boolean | undefined;
  readonly days?: string | undefined;
  readonly timeout?: string | undefined;
}

/** Three questions one after another have all the time that they may take: 6 s, 6 s and 15 s. */
const DEFAULT_SECONDS = 30;

/** One look at the cluster, and what is to be said of it. */
interface Look {
  readonly seen: ClusterStatus;
  readonly troubles: readonly Trouble[];
  readonly document: StatusDocument;
  /** all lines for people */
  readonly lines: readonly string[];
}

/**
 * `certbot-ha status`: 0 when every node that is not drained answered all that it was asked, and there was time to see everything,
 * else 1. With `check`: 0 when nothing needs anybody, else 1.
 */
export async function runStatus(io: CommandIo, options: StatusOptions, place: Place = LOOK): Promise<0 | 1> {
  const { json, watch, check } = options;
  const days = daysOf(options.days);
  const seconds = timeoutOf(options.timeout, 'status') ?? DEFAULT_SECONDS;
  const time = surveyTime({ seconds, usually: DEFAULT_SECONDS });
  // Names and directories that do not answer use the same time.
  const load = async () => await loadCluster(io.env, place);
  if (watch) return await watchCluster(io, await time.orTooSlow('status', load), seconds);
  const looking = async (): Promise<Look> => {
    const cluster = await load();
    const client = createSurveyClient(cluster);
    try {
      return await lookAt(cluster, {
        client,
        onDamage: tellDamage(io.err),
        env: io.env,
        days,
        seconds,
        time,
      });
    } finally {
      await client.close();
    }
  };
  const { seen, document, troubles, lines } = await waitingFor(
    'the nodes',
    io,
    async () => await time.orTooSlow('status', looking),
  );
  if (check) return sayTroubles(troubles, io);
  if (json) io.out(jsonOf(document));
  else for (const line of lines) io.out(line);
  return isWhole(seen) && !document.isCutOff ? 0 : 1;
}

/** @param seconds for each look */
async function watchCluster(io: CommandIo, cluster: Cluster, seconds: number): Promise<0 | 1> {
  const client = createSurveyClient(cluster);
  const onDamage = tellDamage(io.err);
  const signal = whileRead(io);
  const look = async () => {
    const time = surveyTime({ seconds, usually: DEFAULT_SECONDS, interruption: signal });
    const options = { client, onDamage, env: io.env, days: undefined, seconds, time };
    return await time.orTooSlow('status', async () => await lookAt(cluster, options));
  };
  try {
    return await pausing(io, async () => await keepShowing(io, { cluster, onDamage, signal, look }));
  } finally {
    await client.close();
  }
}

interface LookOptions {
  readonly client: ChannelClient;
  readonly onDamage: OnDamage;
  readonly env: NodeJS.ProcessEnv;
  readonly days: number | undefined;
  readonly seconds: number;
  readonly time: SurveyTime;
}

async function lookAt(
  cluster: Cluster,
  { client, onDamage, env, days, seconds, time }: LookOptions,
): Promise<Look> {
  const { stateDir } = cluster.config;
  const state = {
    outstanding: createOutstanding(stateDir, onDamage),
    records: createRecords(stateDir, onDamage),
  };
  const isRoot = process.getuid?.() === 0;
  const seen = await surveyCluster(cluster, client, state, env, { isRoot, ...time.forSurvey });
  const isCutOff = time.isCutOff(seen) || seen.lineages.some((row) => row.isCutOff);
  const troubles = troublesOf(seen, { days, needsHolder: doesHolderRenew(cluster.config) });
  const plan = await renewalPlan(cluster, seen, new Date());
  const part = isCutOff ? [{ code: 'seen-in-part', seconds } as const] : [];
  return {
    seen,
    troubles: [...troubles, ...part.map((found) => ({ who: null, found }))],
    document: documentOf(seen, { plan, troubles, isCutOff }),
    lines: [...linesOf(seen), ...part.flatMap((found) => ['', lineOf(found)])],
  };
}

/** @throws {CertbotHaError} `usage` */
function daysOf(text: string | undefined): number | undefined {
  if (text === undefined || /^\d{1,4}$/.test(text)) return text === undefined ? undefined : Number(text);
  throw usageError(`--days: expected a number of days, at most 9999, got "${text}"`, 'status');
}

function sayTroubles(troubles: readonly Trouble[], io: CommandIo): 0 | 1 {
  for (const { who, found } of troubles) print(io.out, found, who === null ? '' : `${who}: `);
  return troubles.length === 0 ? 0 : 1;
}
