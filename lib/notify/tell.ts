import { createHash } from 'node:crypto';
import { expectedFindings } from '../base/expected.ts';
import type { HookIo } from '../base/io.ts';
import type { Outcome } from '../base/outcome.ts';
import { print } from '../base/print.ts';
import { waitingFor } from '../base/waiting.ts';
import type { Receiver } from '../cluster/receivers.ts';
import type { NewEvent } from '../state/event.ts';
import type { Events } from '../state/events.ts';
import type { Notified, Told } from '../state/notified.ts';
import { HOUR_MS, MINUTE_MS } from '../system/spans.ts';
import { deliver, nameOf } from './deliver.ts';
import { newsFor, type Fitting } from './news.ts';
import { troubleOf, type Look } from './seen.ts';
import { fittingJson, fittingText, newsMessage, stateMessage, testMessage, type Message } from './text.ts';

export interface Telling {
  readonly receivers: readonly Receiver[];
  /** who tells */
  readonly node: string;
  readonly io: Pick<HookIo, 'env' | 'out' | 'err' | 'progress'>;
  readonly events?: Pick<Events, 'write'>;
}

interface Plan {
  readonly receiver: Receiver;
  readonly id: string;
  /** null: nothing is to be told now */
  readonly message: Message | null;
  readonly ifTaken: Told;
  readonly ifNot: Told;
}

const NOTHING: Told = { troubles: {}, sent: [] };
/** The timer's five minutes, its random delay, and what a run takes besides. */
const ONE_RUN_MS = 8 * MINUTE_MS;
/** Without a memory there is no next message for what is more. */
const MAX_BLUNT = 100;

/**
 * Tells each receiver what is news for it, all side by side, and remembers what they have taken. 1 where one has not, or that
 * cannot be remembered: what is not taken comes again at the next run.
 */
export async function tell(
  notified: Notified,
  seen: Look,
  { receivers, node, io, events, nowMs = Date.now() }: Telling & { readonly nowMs?: number },
): Promise<0 | 1> {
  return await notified.alone(async () => {
    const before = await notified.read();
    const ids = new Map(receivers.map((receiver) => [idOf(receiver), receiver]));
    const plans = [...ids].map(([id, receiver]) =>
      planFor(receiver, { id, before: before[id] ?? NOTHING, seen, node, nowMs }),
    );
    // Before anybody is told: what cannot be remembered would be told at each run.
    const rest = plans.map(({ id, ifNot }) => [id, ifNot] as const);
    const isRemembered = await remember(notified, rest, io);
    if (isRemembered !== true) {
      const unwritten = troubleOf({ who: node, found: isRemembered });
      const all = { ...seen, troubles: [...seen.troubles, unwritten] };
      const blunt = plans.map((plan) => bluntly(plan, { seen: all, node, nowMs }));
      await Promise.all(blunt.map(async (plan) => await carryOut(plan, io)));
      return 1;
    }
    // A bug that one brings up must not make the others forget that they were told.
    const startedMs = performance.now();
    const ended = await Promise.allSettled(plans.map(async (plan) => await carryOut(plan, io)));
    const ms = performance.now() - startedMs;
    const taken = ended.map((end) => (end.status === 'fulfilled' ? end.value : 'failed'));
    const after = plans.map(({ id, ifTaken, ifNot }, index) =>
      taken[index] === 'taken' ? ([id, ifTaken] as const) : ([id, ifNot] as const),
    );
    const isKept = (await remember(notified, after, io)) === true;
    await events?.write(...notifications(plans, taken, ms));
    for (const end of ended) if (end.status === 'rejected') throw end.reason;
    return isKept && !taken.includes('failed') ? 0 : 1;
  });
}

/** Those of monitors are none: they are told at each run. */
function notifications(
  plans: readonly Plan[],
  taken: readonly ('taken' | 'failed' | 'none')[],
  ms: number,
): readonly NewEvent[] {
  const ended = taken.filter((end, index) => {
    const plan = plans[index];
    return end !== 'none' && plan !== undefined && !isMonitor(plan.receiver);
  });
  if (ended.length === 0) return [];
  const outcome = ended.includes('failed') ? 'receiver-not-told' : 'ok';
  return [{ event: 'notification', tokens: ended.length, ms, outcome }];
}

interface Known {
  readonly seen: Look;
  readonly node: string;
  readonly nowMs: number;
}

function planFor(
  receiver: Receiver,
  { id, before, seen, node, nowMs }: Known & { readonly id: string; readonly before: Told },
): Plan {
  const { news, confirmed, ifTaken, ifNot } = newsFor(before, seen, nowMs, fittingOf(receiver));
  if (!isMonitor(receiver)) return { receiver, id, message: news && newsMessage(node, news), ifTaken, ifNot };
  // It hears how it is at each run, and from one node alone: what that one knows of.
  const message = seen.isTeller ? stateMessage(node, confirmed) : null;
  return { receiver, id, message, ifTaken, ifNot: ifTaken };
}

/** Without a memory: how it is, and not more often than once an hour or twice. */
function bluntly(plan: Plan, { seen, node, nowMs }: Known): Plan {
  const all = Object.values(newsFor(NOTHING, seen, nowMs, fittingJson).ifNot.troubles);
  const isNow = isMonitor(plan.receiver) ? seen.isTeller : nowMs % HOUR_MS < ONE_RUN_MS;
  if (!isNow) return { ...plan, message: null };
  const message = isMonitor(plan.receiver)
    ? stateMessage(node, all)
    : newsMessage(node, { fresh: all.slice(0, MAX_BLUNT), ongoing: [], over: [], left: 0 });
  return { ...plan, message };
}

/** A monitor that is pushed to: it tells people itself, also when it hears nothing. */
function isMonitor({ kind }: Receiver): boolean {
  return kind === 'healthchecks' || kind === 'uptimeKuma';
}

/** What has no room in its message is not told by it. */
function fittingOf({ kind }: Receiver): Fitting {
  return kind === 'webhook' || kind === 'command' ? fittingJson : fittingText;
}

async function remember(
  notified: Notified,
  told: readonly (readonly [string, Told])[],
  { err }: Telling['io'],
) {
  try {
    await notified.write(Object.fromEntries(told));
    return true;
  } catch (error) {
    const [found] = expectedFindings(error);
    print(err, found);
    return found;
  }
}

async function carryOut(
  { receiver, message }: Plan,
  io: Telling['io'],
): Promise<'taken' | 'failed' | 'none'> {
  if (message === null) return 'none';
  const outcome = await delivered(receiver, message, io);
  if (!outcome.isOk) sayFailed(receiver, outcome, io);
  else if (!isMonitor(receiver)) io.out(`${nameOf(receiver)}: ${message.subject}`);
  return outcome.isOk ? 'taken' : 'failed';
}

/** Sends a test message to each. 1 where one has not taken it. */
export async function tellTest({ receivers, node, io }: Telling): Promise<0 | 1> {
  const told = receivers.map(async (receiver) => {
    const outcome = await delivered(receiver, testMessage(node), io);
    if (outcome.isOk) io.out(`${nameOf(receiver)}: took the test message`);
    else sayFailed(receiver, outcome, io);
    return outcome.isOk;
  });
  return (await Promise.all(told)).every(Boolean) ? 0 : 1;
}

async function delivered(receiver: Receiver, message: Message, io: Telling['io']): Promise<Outcome> {
  return await waitingFor(nameOf(receiver), io, async () => await deliver(receiver, message, io));
}

function sayFailed(
  receiver: Receiver,
  { reason }: Extract<Outcome, { readonly isOk: false }>,
  { err }: Telling['io'],
): void {
  print(err, { code: 'receiver-not-told', receiver: nameOf(receiver) });
  print(err, reason, '  ');
}

/** Tells receivers apart at the next run, and of a URL nothing. */
function idOf(receiver: Receiver): string {
  const hash = createHash('sha256').update(JSON.stringify(receiver)).digest('hex');
  return `${receiver.kind}-${hash.slice(0, 16)}`;
}
