import { doesHolderRenew } from '../cluster/vips.ts';
import { surveyCluster } from '../status/nodes.ts';
import { createOutstanding } from '../state/outstanding.ts';
import { createRecords } from '../state/records.ts';
import { tellDamage } from '../state/damage.ts';
import { createSurveyClient } from '../status/survey-client.ts';
import { loadCluster } from '../cluster/load.ts';
import { jsonOf } from '../base/print.ts';
import { documentOf, linesOf } from './status-lines.ts';
import { type ClusterStatus } from '../status/nodes.ts';
import { print } from '../base/print.ts';
import { pausing, waitingFor } from '../base/waiting.ts';
import { renewalPlan } from '../status/plan.ts';
import { usageError } from './usage-error.ts';
import { troublesOf, type Trouble } from '../status/troubles.ts';
import type { CommandIo } from '../base/io.ts';
import { isWhole, keepShowing } from './keep-showing.ts';

interface StatusOptions {
  readonly json?: boolean | undefined;
  readonly watch?: boolean | undefined;
  readonly check?: boolean | undefined;
  readonly days?: string | undefined;
}

/**
 * `certbot-ha status`: 0 when every node that is not drained answered all that it was asked, else 1. With `check`: 0 when nothing needs
 * anybody, else 1.
 */
export async function runStatus(io: CommandIo, { json, watch, check, days }: StatusOptions): Promise<0 | 1> {
  const limit = daysOf(days);
  const cluster = await loadCluster(io.env);
  const client = createSurveyClient(cluster);
  const onDamage = tellDamage(io.err);
  const { stateDir } = cluster.config;
  const state = {
    outstanding: createOutstanding(stateDir, onDamage),
    records: createRecords(stateDir, onDamage),
  };
  try {
    const isRoot = process.getuid?.() === 0;
    const survey = async () => await surveyCluster(cluster, client, state, io.env, { isRoot });
    const needing = (seen: ClusterStatus) =>
      troublesOf(seen, { days: limit, needsHolder: doesHolderRenew(cluster.config) });
    const documented = async (seen: ClusterStatus) =>
      documentOf(seen, await renewalPlan(cluster, seen, new Date()), needing(seen));
    if (watch)
      return await pausing(io, async () => await keepShowing(io, { cluster, onDamage, survey, documented }));
    const seen = await waitingFor('the nodes', io, survey);
    if (check) return sayTroubles(needing(seen), io);
    if (json) io.out(jsonOf(await documented(seen)));
    else for (const line of linesOf(seen)) io.out(line);
    return isWhole(seen) ? 0 : 1;
  } finally {
    await client.close();
  }
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
