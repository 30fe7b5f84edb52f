import type { ChannelClient } from '../channel/client.ts';
import { doesHolderRenew } from '../cluster/vips.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { unlessDirectoriesHang } from '../cluster/answering.ts';
import { createSurveyClient } from '../status/survey-client.ts';
import { expectedFindings } from '../base/expected.ts';
import type { HookIo } from '../base/io.ts';
import { printExpected } from '../base/report-error.ts';
import { withMessage } from '../findings/words.ts';
import type { Finding } from '../findings/register.ts';
import { isOldRun, type DoctorRun } from '../state/doctor-run.ts';
import type { State } from '../state/state.ts';
import { lateRenewals, renewalTerms } from '../status/late.ts';
import { surveyCluster, type ClusterStatus } from '../status/nodes.ts';
import { troublesOf, type Trouble as Found } from '../status/troubles.ts';
import type { Seen, Trouble } from './news.ts';
import { deadline } from '../system/deadline.ts';
import { orTooSlow } from '../system/too-slow.ts';
import { notLooking, tellerOf } from './teller.ts';
import { createIsUnseen } from './unseen.ts';

/** What this node knows, and whether it is the one that tells of what every node sees. */
export interface Look extends Seen {
  readonly isTeller: boolean;
}

/** After it the survey ends, with what it has seen until then. As long as status has: two questions, and a look at all that is served. */
const SURVEY_MS = 27_000;
/** A file system that hangs ends all of it after this: systemd would end the program before it has told anybody. */
const LOOK_MS = 40_000;

type Known = Pick<State, 'outstanding' | 'records'> & {
  readonly doctorRun?: () => Promise<DoctorRun | null>;
};

/**
 * Looks at the cluster. What keeps it from that is what is told then, by each node for itself, and on stderr: that it took too long is such.
 * @param options.withinMs milliseconds for all that is asked and read, once its directories have answered
 */
export async function look(
  cluster: Cluster,
  state: Known,
  { env, err, withinMs = LOOK_MS }: Pick<HookIo, 'env' | 'err'> & { readonly withinMs?: number },
): Promise<Look> {
  try {
    await unlessDirectoriesHang(cluster.config);
    const client = createSurveyClient(cluster);
    try {
      return await orTooSlow(
        deadline(withinMs),
        { command: 'notify', seconds: withinMs / 1000 },
        async () => await seenBy(cluster, client, { state, env }),
      );
    } finally {
      await client.close();
    }
  } catch (error) {
    return blind(cluster, error, err);
  }
}

async function seenBy(
  cluster: Cluster,
  client: ChannelClient,
  { state, env }: { readonly state: Known; readonly env: NodeJS.ProcessEnv },
): Promise<Look> {
  const status = await surveyCluster(cluster, client, state, env, { signal: deadline(SURVEY_MS) });
  const { configDir } = cluster.config.certificates;
  const terms = await renewalTerms(
    configDir,
    status.lineages.map(({ lineage }) => lineage),
  );
  const seen = lookAt(status, cluster, { terms, nowMs: Date.now() });
  return withDoctor(seen, (await state.doctorRun?.()) ?? null, {
    self: cluster.self.name,
    nowMs: Date.now(),
  });
}

/** What doctor has found last, and that it runs no more, is told by each node for itself: no other one knows of it. */
export function withDoctor(
  seen: Look,
  run: DoctorRun | null,
  { self, nowMs }: { readonly self: string; readonly nowMs: number },
): Look {
  if (run?.node !== self) return seen;
  const failed = run.complaints.filter(({ result }) => result === 'fail').map(({ check }) => check);
  const found: readonly Finding[] = [
    ...(run.result === 'fail'
      ? [{ code: 'doctor-failed', checks: [...new Set(failed)], at: run.at } as const]
      : []),
    ...(isOldRun(run, nowMs) ? [{ code: 'doctor-not-run', at: run.at } as const] : []),
  ];
  return {
    ...seen,
    troubles: [...seen.troubles, ...found.map((one) => troubleOf({ who: self, found: one }))],
  };
}

/** What is known to a node that could not look: why, also on stderr. */
export function blind(
  { config, self }: Pick<Cluster, 'config' | 'self'>,
  error: unknown,
  err: HookIo['err'],
): Look {
  printExpected(error, err, '');
  const troubles = expectedFindings(error).map((found) => troubleOf({ who: self.name, found }));
  // Who answers is not known now, and a monitor that hears of it from all of them would hear yes and no by turns.
  const isTeller = config.nodes.find(({ isDrained }) => !isDrained) === self;
  return { troubles, elsewhere: new Set(), isBlind: true, isTeller };
}

interface When {
  readonly terms: ReadonlyMap<string, number>;
  readonly nowMs: number;
}

/** What is to be told of a cluster's status, and by whom. */
export function lookAt(
  status: ClusterStatus,
  { self, config }: Pick<Cluster, 'self' | 'config'>,
  { terms, nowMs }: When,
): Look {
  const isShared = config.certificates.mode === 'shared';
  // What ends soon has the same key as what is late: the later one counts, and it is the graver one.
  const found = [
    ...lateRenewals(status.lineages, terms, nowMs),
    ...troublesOf(status, { needsHolder: doesHolderRenew(config), nowMs }),
    ...notLooking(status.nodes, self.name),
  ];
  const reasons = new Map(status.nodes.map(({ node, reason }) => [reason, node]));
  const isTeller = tellerOf(status.nodes, self.name) === self.name;
  const isOwn = createIsOwn(status, { self: self.name, isShared });
  const ours = found.filter((one) => isTeller || isOwn(one));
  const others = found.filter((one) => !ours.includes(one));
  const keyed = ours.map((one) => troubleOf(one, reasons.get(one.found)));
  return {
    troubles: [...new Map(keyed.map((trouble) => [trouble.key, trouble])).values()],
    elsewhere: new Set(others.map((one) => troubleOf(one, reasons.get(one.found)).key)),
    isBlind: false,
    unseen: { is: createIsUnseen(status), isOurs: isTeller || !isShared },
    isTeller,
  };
}

/** What the other nodes do not see. */
function createIsOwn(
  { nodes, vips, overrides, accounts, deletions }: ClusterStatus,
  { self, isShared }: { readonly self: string; readonly isShared: boolean },
): (one: Found) => boolean {
  const here = nodes.find(({ node }) => node === self);
  const own = new Set<Finding | null>([
    ...overrides,
    ...accounts,
    ...deletions.flatMap(({ node, found }) =>
      node === self && found.code !== 'deleted-by-hand' ? [found] : [],
    ),
    // Its agent answers, so that nobody else finds anything wrong with it.
    ...(here?.agent === 'reachable' ? [here.reason] : []),
  ]);
  const reasons = new Set(nodes.map(({ reason }) => reason));
  const addresses = new Set(vips.map(({ address }) => address));
  return ({ found }) => {
    if (own.has(found) || found.code === 'outstanding-long') return true;
    // Each node has lineages of its own then.
    const isOfAll = reasons.has(found) || ('address' in found && addresses.has(found.address));
    return !isShared && !isOfAll;
  };
}

/** The arguments that say what a finding is of; others tell how it is now. */
const OBJECTS = ['lineage', 'address', 'server', 'file', 'key', 'directory', 'place'] as const;

/** @param node whose reason it is: why a node does not answer may change, and it is the same trouble */
export function troubleOf({ who, found }: Found, node?: string): Trouble {
  const { code, message } = withMessage(found);
  return { key: keyOf({ who, found }, node), who, code, message };
}

function keyOf({ who, found }: Found, node: string | undefined): string {
  if (node !== undefined) return `node ${node}`;
  if (found.code === 'renewal-late' || found.code === 'certificate-ends')
    return `not-renewed ${found.lineage}`;
  const given = new Map<string, unknown>(Object.entries(found));
  return [found.code, who, ...OBJECTS.map((name) => given.get(name))]
    .filter((part) => typeof part === 'string')
    .join(' ');
}
