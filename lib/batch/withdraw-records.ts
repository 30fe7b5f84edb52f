import { expectedFindings } from '../base/expected.ts';
import { failure, type Outcome } from '../base/outcome.ts';
import { print } from '../base/print.ts';
import { recordOf, type DnsChallenge } from '../challenge/dns-01.ts';
import type { Config } from '../cluster/config.ts';
import { createPublisher } from '../dns/create.ts';
import type { Publisher } from '../dns/publisher.ts';
import type { Finding } from '../findings/register.ts';
import { lineOf } from '../findings/words.ts';
import { deadline, within } from '../system/deadline.ts';

/** A record that may still be in DNS, and why. */
export interface RecordLeft {
  readonly challenge: DnsChallenge;
  readonly reason: Finding;
}

/** A provider's API takes its time; certbot waits. */
const WITHDRAW_TIMEOUT_MS = 30_000;

/**
 * Takes the records away again, all in one go, under a deadline of its own that no interruption of the work before
 * shortens, unless it is given here. Resolves to what is left.
 */
export async function withdrawRecords(
  publisher: Publisher,
  challenges: readonly DnsChallenge[],
  signal?: AbortSignal,
): Promise<readonly RecordLeft[]> {
  // CNAME records may lead elsewhere since it was published.
  const records = challenges.map((challenge) => ({ ...recordOf(challenge), placedAt: challenge.placedAt }));
  const until = signal ? within(signal, WITHDRAW_TIMEOUT_MS) : deadline(WITHDRAW_TIMEOUT_MS);
  const outcomes = await publisher.withdraw(records, until);
  return challenges.flatMap((challenge, index) => {
    const outcome = outcomes[index];
    return outcome && !outcome.isOk ? [{ challenge, reason: outcome.reason }] : [];
  });
}

/** Says which records may be left, and why below. */
export function reportRecordsLeft(
  left: readonly RecordLeft[],
  err: (line: string) => void,
  indent = '',
): void {
  if (left.length === 0) return;
  const names = [...new Set(left.map(({ challenge }) => recordOf(challenge).name))];
  err(`${indent}${lineOf({ code: 'records-left', names })}`);
  const told = new Set<string>();
  for (const { reason } of left) {
    if (told.has(lineOf(reason))) continue;
    told.add(lineOf(reason));
    print(err, reason, `${indent}  `);
  }
}

/** What publishes, for a clean-up: where it cannot be had, nothing is withdrawn, and that is told of each record. */
export async function publisherOrWhy(config: Config, env: NodeJS.ProcessEnv): Promise<Publisher> {
  try {
    return await createPublisher(config, env);
  } catch (error) {
    const outcome: Outcome = failure(expectedFindings(error)[0]);
    const fail = async (records: readonly unknown[]) => records.map(() => outcome);
    return { publish: fail, withdraw: fail, close: async () => undefined };
  }
}
