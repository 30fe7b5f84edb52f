import { OK, failure, type Outcome } from '../base/outcome.ts';
import { attempted } from '../base/expected.ts';
import type { TxtRecord } from '../challenge/dns-01.ts';
import type { OnPlaced } from '../dns/located.ts';
import type { Publisher } from '../dns/publisher.ts';
import type { FindingCode } from '../findings/register.ts';

/** A provider is asked again for what it has refused, but not as often as a node. */
const AGAIN_AFTER_MS = 2_000;
/** As long as a provider takes to tell its own name servers, before another host is thought to have written over it. */
const LOST_AFTER_MS = 10_000;
/** What another attempt changes nothing of: somebody has to correct something first. */
const FINAL: ReadonlySet<FindingCode> = new Set([
  'dns-token-refused',
  'dns-token-forbidden',
  'dns-api-without-zone',
  'dns-key-unknown',
  'dns-key-differs',
  'dns-clock-differs',
  'dns-update-refused',
  'dns-nsupdate-missing',
  'dns-command-missing',
  'program-not-installed',
]);

/** What is found before anything is sent, or refused by who takes none of it. */
const NOTHING_WRITTEN: ReadonlySet<FindingCode> = new Set([
  ...FINAL,
  'dns-not-primary',
  'dns-resolver-failed',
  'dns-zone-missing',
  'dns-primary-unresolved',
  'dns-cname-loop',
  'dns-cname-odd',
  'dns-cnames-too-many',
]);

export interface PublishingOptions {
  /** ends it; what is under way then comes to its own end */
  readonly signal: AbortSignal;
  readonly onPlaced?: OnPlaced | undefined;
  /** called at the end of each attempt */
  readonly onPublished?: ((outcome: Outcome) => void) | undefined;
}

/** The records of a batch, on their way into DNS. */
export interface Publishing {
  /**
   * How it went with the records of these names, once the first attempt has ended; asked for as long as they are not seen.
   * What has failed is tried again meanwhile, in the background, unless the refusal is final, and so is what another host
   * may have written over.
   */
  outcomeOf(names: ReadonlySet<string>): Promise<Outcome>;
  /** Whether nothing is published, and nothing will be: each record was refused for good. */
  isRefused(): boolean;
  /** Whether it is sure that no attempt has put a record anywhere. */
  isNowhere(record: TxtRecord): boolean;
  /** Resolves when no attempt is under way any more. */
  atRest(): Promise<void>;
}

/** Begins at once, with all records in one go. */
export function startPublishing(
  publisher: Publisher,
  records: readonly TxtRecord[],
  { signal, onPlaced, onPublished }: PublishingOptions,
): Publishing {
  const outcomes = new Map<TxtRecord, Outcome>();
  const mayBeThere = new Set<TxtRecord>();
  let endedMs = 0;
  const failed = (among: readonly TxtRecord[]) =>
    among
      .map((record) => outcomes.get(record) ?? failure({ code: 'no-time-left' }))
      .find(({ isOk }) => !isOk) ?? OK;
  const isOpen = (record: TxtRecord) => {
    const outcome = outcomes.get(record);
    return outcome === undefined || (!outcome.isOk && !FINAL.has(outcome.reason.code));
  };
  const attempt = async (open: readonly TxtRecord[]) => {
    const got = await publisher.publish(open, signal, onPlaced);
    for (const [index, record] of open.entries()) {
      const outcome = got[index] ?? OK;
      outcomes.set(record, outcome);
      if (mayHaveWritten(outcome)) mayBeThere.add(record);
    }
    endedMs = performance.now();
    onPublished?.(failed(records));
  };
  const first = attempted(async () => {
    await attempt(records);
    return OK;
  });
  let running: Promise<unknown> | null = first.finally(() => {
    running = null;
  });
  return {
    async outcomeOf(names) {
      const begun = await first;
      if (!begun.isOk) return begun;
      const own = records.filter(({ name }) => names.has(name));
      const outcome = failed(own);
      const lost = publisher.mayBeOverwritten ? own : [];
      const open = outcome.isOk ? lost : records.filter(isOpen);
      const afterMs = outcome.isOk ? LOST_AFTER_MS : AGAIN_AFTER_MS;
      const isDue = running === null && performance.now() - endedMs >= afterMs;
      if (isDue && open.length > 0 && !signal.aborted)
        running = attempt(open).finally(() => {
          running = null;
        });
      return outcome;
    },
    isRefused: () =>
      records.every((record) => {
        const outcome = outcomes.get(record);
        return outcome?.isOk === false && FINAL.has(outcome.reason.code);
      }),
    isNowhere: (record) => outcomes.has(record) && !mayBeThere.has(record),
    async atRest() {
      await running;
    },
  };
}

function mayHaveWritten(outcome: Outcome): boolean {
  return outcome.isOk || outcome.mayBeDone === true || !NOTHING_WRITTEN.has(outcome.reason.code);
}
