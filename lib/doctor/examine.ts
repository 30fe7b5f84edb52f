import { CertbotHaError, findingsOf, messageOf } from '../base/errors.ts';
import { isSystemError } from '../base/expected.ts';
import { byHand } from '../findings/step.ts';
import { afterwards, forMany, isInterrupted, within } from '../system/deadline.ts';
import { unlessHung } from '../system/hung.ts';
import { complaint, type Check, type Complaint, type Outcome } from './check.ts';
import type { Context } from './context.ts';
import { nextFor, type StepsOf } from './next.ts';

/** How a check has ended. */
export interface Report {
  readonly name: string;
  readonly result: 'fail' | 'warn' | 'pass' | 'skip';
  /** what is good, or why it was left out; empty where something was found */
  readonly detail: string;
  readonly complaints: readonly Complaint[];
  /** figures, for programs; absent: none */
  readonly measured?: Readonly<Record<string, unknown>>;
}

export interface ExamineOptions {
  readonly signal: AbortSignal;
  /** told of each as it ends */
  readonly onEnd?: (name: string) => void;
  /** milliseconds for one whose time is over; default 12 000 */
  readonly endMs?: number;
}

const TIMEOUT_MS = 10_000;
/** For a check whose time is over, to end what it has begun: a drill has tokens to remove. */
const END_MS = 12_000;

const ORDER: readonly Report['result'][] = ['fail', 'warn', 'pass', 'skip'];

/**
 * Makes all checks side by side; one that hangs delays no other. Resolves to their reports, the worst first, and within
 * one result in the order of the checks: what may be the cause of another stands before it.
 */
export async function examine(
  checks: readonly Check[],
  context: Omit<Context, 'signal'>,
  { signal, onEnd = () => {}, endMs = END_MS }: ExamineOptions,
): Promise<readonly Report[]> {
  forMany(signal); // every check listens to it
  const reports = await Promise.all(
    checks.map(async (check) => {
      const report = reportOf(check, await outcomeOf(check, context, { interruption: signal, endMs }));
      onEnd(check.name);
      return report;
    }),
  );
  return reports.toSorted((one, other) => ORDER.indexOf(one.result) - ORDER.indexOf(other.result));
}

/** Its own check tells of it. */
const WEBROOT_SILENT: Outcome = { result: 'skip', detail: 'the file system of the webroot does not answer' };
/** What it has seen until then may be no more than that nobody waited. */
const INTERRUPTED: Outcome = { result: 'skip', detail: 'interrupted' };

async function outcomeOf(
  check: Check,
  context: Omit<Context, 'signal'>,
  { interruption, endMs }: { readonly interruption: AbortSignal; readonly endMs: number },
): Promise<Outcome> {
  const timeoutMs = check.timeoutMs?.(context) ?? TIMEOUT_MS;
  const signal = within(interruption, timeoutMs);
  const last = within(afterwards(interruption, endMs), timeoutMs + endMs);
  try {
    if (check.needsWebroot && !(await context.webrootAnswers())) return WEBROOT_SILENT;
    const outcome = await unlessHung(check.name, last, async () => await check.run({ ...context, signal }));
    return isInterrupted(signal) ? INTERRUPTED : outcome;
  } catch (error) {
    if (isInterrupted(signal)) return INTERRUPTED;
    // What it was doing was ended by its own signal.
    if (last.aborted || (signal.aborted && !(error instanceof CertbotHaError)))
      return found(
        complaint('fail', { code: 'check-too-slow', check: check.name, seconds: timeoutMs / 1000 }),
      );
    return thrown(error, context.cluster.config);
  }
}

/** What ends one check has ended that one alone, a bug as well. */
function thrown(error: unknown, config?: StepsOf): Outcome {
  if (!(error instanceof CertbotHaError) && !isSystemError(error)) {
    return found(complaint('fail', { code: 'internal-error', error: messageOf(error) }));
  }
  const hint = error instanceof CertbotHaError ? error.hint : undefined;
  const complaints = findingsOf(error).map((finding) => {
    const steps = nextFor(finding, config);
    // A hint is for people; what can be typed goes before it.
    return complaint('fail', finding, {
      next: steps.length > 0 || hint === undefined ? steps : byHand(hint),
    });
  });
  return found(...complaints);
}

function found(...complaints: readonly Complaint[]): Outcome {
  return { result: 'found', complaints };
}

/** Where there is no configuration to check anything by. */
export function unconfigured(checks: readonly Check[], error: CertbotHaError): readonly Report[] {
  const [first, ...others] = checks;
  if (first === undefined) return [];
  const skipped = { result: 'skip', detail: 'without a configuration' } as const;
  return [reportOf(first, thrown(error)), ...others.map((check) => reportOf(check, skipped))];
}

function reportOf({ name }: Pick<Check, 'name'>, outcome: Outcome): Report {
  if (outcome.result !== 'found') return { name, ...outcome, complaints: [] };
  const complaints = outcome.complaints.toSorted((one, other) => rankOf(one) - rankOf(other));
  const { measured } = outcome;
  return {
    name,
    result: complaints[0]?.level ?? 'pass',
    detail: '',
    complaints,
    ...(measured && { measured }),
  };
}

function rankOf({ level }: Complaint): number {
  return ORDER.indexOf(level);
}
