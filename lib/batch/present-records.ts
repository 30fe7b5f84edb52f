import type { Outcome } from '../base/outcome.ts';
import { recordOf, type DnsChallenge } from '../challenge/dns-01.ts';
import type { Config } from '../cluster/config.ts';
import type { Target } from '../cluster/target.ts';
import type { Located } from '../dns/located.ts';
import type { Publisher } from '../dns/publisher.ts';
import { findZones, type FoundZone } from '../dns/zones.ts';
import type { Finding } from '../findings/register.ts';
import { nameServerProbe, type DnsSubject } from '../gate/dns-probe.ts';
import { holdGate } from '../gate/gate.ts';
import { nameServer, nameServersOf } from '../gate/name-servers.ts';
import { lacksZone } from '../gate/policy.ts';
import { isSettled, type TargetReport, type Verdict } from '../gate/verdict.ts';
import type { Pace } from '../gate/watched.ts';
import { afterwards, anyOf, within } from '../system/deadline.ts';
import { pause } from '../system/pause.ts';
import { startPublishing, type Publishing } from './publishing.ts';

interface PresentRecordsOptions {
  readonly signal: AbortSignal;
  readonly onChange?: ((reports: readonly TargetReport[]) => void) | undefined;
  /** called before records are published that CNAME records lead elsewhere: each value, and its record's name there */
  readonly onPlaced?: ((places: ReadonlyMap<string, string>) => Promise<void>) | undefined;
  /** called at the end of each attempt to publish */
  readonly onPublished?: ((outcome: Outcome) => void) | undefined;
  /** called at the end with those whose records were put nowhere: nothing of them has to be taken away */
  readonly onNowhere?: ((challenges: readonly DnsChallenge[]) => void) | undefined;
}

/** Name servers are others' hosts, and some answer nobody who asks too often. */
const PACE: Pace = { firstMs: 100, maxMs: 2_000, growth: 1.5 };
/** What is cut off now may be done by the provider after the clean-up, and stay. */
const PUBLISHED_WITHIN_MS = 2_000;
const LOOK_UP_AGAIN_MS = 2_000;

/**
 * Publishes the records of all challenges in one go, and holds until every name server of their zones has been seen to answer with all
 * of them. Never rejects for what DNS or the provider does: that is in the verdict.
 */
export async function presentRecords(
  { gate, dns }: Pick<Config, 'gate' | 'dns'>,
  publisher: Publisher,
  challenges: readonly DnsChallenge[],
  { signal, onChange, onPlaced, onPublished, onNowhere }: PresentRecordsOptions,
): Promise<Verdict> {
  const startedMs = performance.now();
  const until = within(signal, gate.timeoutMs);
  const records = challenges.map(recordOf);
  const publishing = startPublishing(publisher, records, {
    signal: afterwards(until, PUBLISHED_WITHIN_MS),
    onPlaced: async (places) => {
      const elsewhere = placesElsewhere(places);
      if (elsewhere.size > 0) await onPlaced?.(elsewhere);
    },
    onPublished,
  });
  try {
    const names = [...new Set(records.map(({ name }) => name))];
    const resolvers = dns?.resolvers ?? [];
    const found = await findAll(names, resolvers, until);
    const zones = [...found.values()].flatMap((one) =>
      one.isOk ? [one.zone, ...(one.zone.links ?? [])] : [],
    );
    const subjects = subjectsOf(challenges, found);
    const namesAt = ({ zones: of = [] }: Target) =>
      new Set([...found].flatMap(([name, one]) => (one.isOk && of.includes(one.zone.zone) ? [name] : [])));
    const verdict = await holdGate<DnsSubject>({
      targets: await nameServersOf(zones),
      subjects,
      nameOf: ({ identifier }) => identifier,
      isFor: ({ zones: of = [] }, { zone }) => of.includes(zone),
      probe: nameServerProbe(resolvers),
      push: async (target) => await publishing.outcomeOf(namesAt(target)),
      pace: PACE,
      require: gate.require,
      timeoutMs: Math.max(0, gate.timeoutMs - (performance.now() - startedMs)),
      ...untilRefused(publishing, { signal, onChange }),
    });
    const seen = publishing.isRefused() ? verdict.targets.map(withoutAdvice) : verdict.targets;
    const lost = [...lostIn(challenges, found), ...unservedIn(subjects, verdict)];
    const isMet = verdict.isMet && lost.length === 0 && !lacksZone(verdict.targets);
    return { isMet, elapsedMs: performance.now() - startedMs, targets: [...seen, ...lost] };
  } finally {
    await publishing.atRest();
    onNowhere?.(challenges.filter((_, index) => records[index] && publishing.isNowhere(records[index])));
  }
}

/** Ends a gate where everything is refused, once each server has been asked: nothing is left to wait for, unless one serves what an earlier run has left. */
function untilRefused(
  publishing: Publishing,
  { signal, onChange }: Pick<PresentRecordsOptions, 'signal' | 'onChange'>,
) {
  const refused = new AbortController();
  return {
    signal: anyOf(signal, refused.signal),
    onChange: (reports: readonly TargetReport[]) => {
      onChange?.(reports);
      const isServed = reports.some(({ state }) => state === 'served');
      if (publishing.isRefused() && !isServed && reports.every(isSeen)) refused.abort();
    },
  };
}

function isSeen(report: TargetReport): boolean {
  return isSettled(report) || report.attempts > 0;
}

/** Of what was refused, no server could have any record: why it lacks them is no matter of its own. */
function withoutAdvice(report: TargetReport): TargetReport {
  const { reason, unsent } = report;
  return unsent !== null && reason?.code === 'txt-record-missing' ? { ...report, reason: null } : report;
}

function placesElsewhere(places: readonly Located[]): ReadonlyMap<string, string> {
  const elsewhere = places.filter(({ record, zone }) => zone.name !== record.name);
  return new Map(elsewhere.map(({ record, zone }) => [record.value, zone.name]));
}

/** A resolver that does not answer now is asked again, as long as there is time. */
async function findAll(
  names: readonly string[],
  resolvers: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, FoundZone>> {
  const found = new Map<string, FoundZone>();
  for (let open = names; ;) {
    const answers = await findZones(open, { resolvers, signal, withLinks: true });
    for (const [index, name] of open.entries()) {
      const answer = answers[index];
      // One that was cut off tells less than the one before it.
      if (answer && !(signal.aborted && found.has(name))) found.set(name, answer);
    }
    open = open.filter((name) => {
      const one = found.get(name);
      return one?.isOk === false && one.reason.code === 'dns-resolver-failed';
    });
    if (open.length === 0 || signal.aborted) return found;
    await pause(LOOK_UP_AGAIN_MS, signal);
    if (signal.aborted) return found;
  }
}

/** A record's name has several values: of a name and its wildcard. The CA comes there by its CNAME records. */
function subjectsOf(
  challenges: readonly DnsChallenge[],
  found: ReadonlyMap<string, FoundZone>,
): readonly DnsSubject[] {
  const subjects = new Map<string, DnsSubject>();
  for (const challenge of challenges) {
    const record = recordOf(challenge);
    const one = found.get(record.name);
    if (!one?.isOk) continue;
    const { identifier } = challenge;
    const known = subjects.get(record.name);
    const values = [...(known?.values ?? []), record.value];
    subjects.set(record.name, { identifier, name: one.zone.name, zone: one.zone.zone, values });
    for (const { name, to, zone } of one.zone.links ?? [])
      subjects.set(`${name} CNAME`, { identifier, name, zone, to, values: [] });
  }
  return [...subjects.values()];
}

/** A line of the report for each name without a zone: nobody can be asked for it. */
function lostIn(
  challenges: readonly DnsChallenge[],
  found: ReadonlyMap<string, FoundZone>,
): readonly TargetReport[] {
  const identifiers = new Map(
    challenges.map((challenge) => [recordOf(challenge).name, challenge.identifier] as const),
  );
  return [...found].flatMap(([name, one]) =>
    one.isOk ? [] : [reportOn(name, identifiers.get(name) ?? name, one.reason)],
  );
}

/** The same for a zone without a server that can be asked. */
function unservedIn(subjects: readonly DnsSubject[], { targets }: Verdict): readonly TargetReport[] {
  const asked = new Set(
    targets.flatMap(({ target, state }) => (state === 'unprobed' ? [] : (target.zones ?? []))),
  );
  return subjects
    .filter(({ zone }) => !asked.has(zone))
    .map(({ name, identifier, zone }) => reportOn(name, identifier, { code: 'zone-without-servers', zone }));
}

function reportOn(name: string, identifier: string, reason: Finding): TargetReport {
  const target = nameServer(name, '');
  return { target, state: 'failing', attempts: 0, elapsedMs: 0, missing: [identifier], reason, unsent: null };
}
