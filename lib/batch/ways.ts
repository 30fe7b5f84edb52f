import { allEndedByFirst } from '../base/all-ended.ts';
import { isDns, isHttp, keyOf, type AnyChallenge } from '../challenge/any-challenge.ts';
import type { Challenge } from '../challenge/challenge.ts';
import type { DnsChallenge } from '../challenge/dns-01.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { createPublisher } from '../dns/create.ts';
import type { Publisher } from '../dns/publisher.ts';
import type { TargetReport, Verdict } from '../gate/verdict.ts';
import type { NewEvent } from '../state/event.ts';
import { createTransport } from '../transports/create.ts';
import type { Transport } from '../transports/transport.ts';
import { eventsOfCleanUp, eventsOfRecords, eventsOfVerdict, eventsOfWithdrawal } from './batch-events.ts';
import { cleanUpEverywhere, reportLeftOver, transportOrWhy, type LeftOver } from './clean-up.ts';
import type { Pushed } from './present.ts';
import { publisherOrWhy, reportRecordsLeft, withdrawRecords, type RecordLeft } from './withdraw-records.ts';

/** How the challenges of one type were presented, and where they were seen. */
export interface Presented {
  readonly challenges: readonly AnyChallenge[];
  readonly verdict: Verdict;
  /** what has happened, with the gate as far as it is to be told */
  readonly eventsOf: (seen: Pick<Verdict, 'targets'>) => readonly NewEvent[];
}

/** What a clean-up has left. */
export interface Left {
  readonly tokens: readonly LeftOver[];
  readonly records: readonly RecordLeft[];
  /** of the challenges that may still be somewhere */
  readonly keys: ReadonlySet<string>;
  readonly events: readonly NewEvent[];
}

interface PresentOptions {
  readonly signal: AbortSignal;
  readonly onChange?: ((reports: readonly TargetReport[]) => void) | undefined;
  /** called before records are published elsewhere than at their own names: each value, and the name there */
  readonly onPlaced?: ((places: ReadonlyMap<string, string>) => Promise<void>) | undefined;
  /** called at the end with those whose records were put nowhere: nothing of them has to be taken away */
  readonly onNowhere?: ((challenges: readonly DnsChallenge[]) => void) | undefined;
}

/** Both ways to the CA: files on every node for HTTP-01, records in DNS for DNS-01. One batch may have challenges of both. */
export interface Ways {
  /** All challenges at once, each type by its way. @throws {CertbotHaError} as `presentEverywhere` */
  present(options: PresentOptions): Promise<readonly Presented[]>;
  /** Takes the challenges away from everywhere. @param options.signal ends what takes records out of DNS */
  takeAway(options?: { readonly signal?: AbortSignal }): Promise<Left>;
  close(): Promise<void>;
}

interface WaysOptions {
  readonly env: NodeJS.ProcessEnv;
  /** nothing is presented: what keeps records from being withdrawn is told of each; default false */
  readonly isCleanUp?: boolean;
}

/**
 * Opens what these challenges need, and nothing else.
 * @throws {CertbotHaError} for a bad key, or `dns` that is missing; for a clean-up that is told of what is left
 */
export async function openWays(
  cluster: Cluster,
  challenges: readonly AnyChallenge[],
  { env, isCleanUp = false }: WaysOptions,
): Promise<Ways> {
  const [http, dns] = [challenges.filter(isHttp), challenges.filter(isDns)];
  const [openPublisher, openTransport] = isCleanUp
    ? [publisherOrWhy, transportOrWhy]
    : [createPublisher, createTransport];
  const publisher = dns.length > 0 ? await openPublisher(cluster.config, env) : null;
  const transport =
    http.length > 0
      ? await openTransport(cluster).catch(async (error: unknown) => {
          await publisher?.close();
          throw error;
        })
      : null;
  return {
    // What one way still presents while all is taken back would stay.
    present: async (options) =>
      await allEndedByFirst<Presented>(options.signal, [
        ...(transport
          ? [
              async (signal: AbortSignal) =>
                await presentHttp(cluster, transport, http, { ...options, signal }),
            ]
          : []),
        ...(publisher
          ? [async (signal: AbortSignal) => await presentDns(cluster, publisher, dns, { ...options, signal })]
          : []),
      ]),
    takeAway: async ({ signal } = {}) => await takeAway(cluster, { http, dns, transport, publisher, signal }),
    close: async () => {
      await Promise.all([transport?.close(), publisher?.close()]);
    },
  };
}

async function presentHttp(
  cluster: Cluster,
  transport: Transport,
  challenges: readonly Challenge[],
  options: PresentOptions,
): Promise<Presented> {
  // Only now: a clean-up loads no gate, and certbot waits for each hook to start.
  const { presentEverywhere } = await import('./present.ts');
  const pushes = new Map<string, Pushed>();
  const onPushed = (node: string, pushed: Pushed) => {
    if (pushes.get(node)?.outcome.isOk !== true) pushes.set(node, pushed);
  };
  const { signal, onChange } = options;
  const presenting = { signal, onPushed, ...(onChange && { onChange }) };
  const verdict = await presentEverywhere(cluster, transport, challenges, presenting);
  return { challenges, verdict, eventsOf: (seen) => eventsOfVerdict(challenges, seen, pushes) };
}

async function presentDns(
  { config }: Cluster,
  publisher: Publisher,
  challenges: readonly DnsChallenge[],
  options: PresentOptions,
): Promise<Presented> {
  const startedMs = performance.now();
  const { presentRecords } = await import('./present-records.ts');
  let published: Pushed | undefined;
  const onPublished = (outcome: Pushed['outcome']) => {
    published = { outcome, ms: performance.now() - startedMs };
  };
  const verdict = await presentRecords(config, publisher, challenges, { ...options, onPublished });
  return { challenges, verdict, eventsOf: (seen) => eventsOfRecords(challenges, seen, published) };
}

interface Open {
  readonly http: readonly Challenge[];
  readonly dns: readonly DnsChallenge[];
  readonly transport: Transport | null;
  readonly publisher: Publisher | null;
  readonly signal: AbortSignal | undefined;
}

async function takeAway(cluster: Cluster, { http, dns, transport, publisher, signal }: Open): Promise<Left> {
  const startedMs = performance.now();
  const took = async <T>(work: Promise<T>) => ({ left: await work, ms: performance.now() - startedMs });
  const [tokens, records] = await Promise.all([
    took(transport ? cleanUpEverywhere(cluster, transport, http.map(keyOf)) : Promise.resolve([])),
    took(publisher ? withdrawRecords(publisher, dns, signal) : Promise.resolve([])),
  ]);
  const kept = [...(tokens.left.length > 0 ? http : []), ...records.left.map(({ challenge }) => challenge)];
  return {
    tokens: tokens.left,
    records: records.left,
    keys: new Set(kept.map(keyOf)),
    events: [
      ...(http.length > 0 ? eventsOfCleanUp({ cluster, ...tokens }, http) : []),
      ...(dns.length > 0 ? eventsOfWithdrawal(records, dns) : []),
    ],
  };
}

/** What was seen of both types, as one. */
export function overall(presented: readonly Presented[]): Verdict {
  return {
    isMet: presented.every(({ verdict }) => verdict.isMet),
    elapsedMs: Math.max(...presented.map(({ verdict }) => verdict.elapsedMs)),
    targets: presented.flatMap(({ verdict }) => verdict.targets),
  };
}

/** Says where something may be left, and why. */
export function reportLeft({ tokens, records }: Left, err: (line: string) => void, indent = ''): void {
  reportLeftOver(tokens, err, indent);
  reportRecordsLeft(records, err, indent);
}
