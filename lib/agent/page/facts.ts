import { counted } from '../../base/counted.ts';
import { isOldRun } from '../../state/doctor-run.ts';
import { MINUTE_MS } from '../../system/spans.ts';
import { haveAllAnswered, holderWords, holdingMark, type MatrixRow, type Said } from './matrix.ts';
import type { Snapshot, Survey } from './snapshot.ts';
import { awayOf, dayOf, minuteOf, worstOf, type Mark } from './words.ts';

/** One thing worth knowing, and how it is. */
export interface Fact {
  readonly title: string;
  readonly mark: Mark;
  readonly lines: readonly string[];
}

/** A look is made anew at each showing: what is older than that is old. */
const OLD_MS = 2 * MINUTE_MS;

const NOT_RUN = 'certbot-ha doctor has not run for two days';

/** What stands above everything else: one line, and how it is. */
export function headlineOf(snapshot: Snapshot, rows: readonly MatrixRow[]): Said {
  const { node, survey, trouble, nowMs } = snapshot;
  if (survey === null)
    return trouble === null
      ? { mark: 'unknown', words: `${node} is asking the nodes` }
      : { mark: 'unknown', words: `nothing is known of the cluster: ${trouble}` };
  if (trouble !== null || nowMs - Date.parse(survey.at) > OLD_MS)
    return {
      mark: 'unknown',
      words: `this is how it was ${awayOf(survey.at, nowMs)}${trouble === null ? '' : `, and ${node} cannot look again: ${trouble}`}`,
    };
  const { length } = survey.troubles;
  if (length > 0) return { mark: 'bad', words: `${counted(length, 'thing')} to look at` };
  if (!isWhole(survey)) return { mark: 'unknown', words: 'what is seen is fine, but not everything is seen' };
  if (survey.lineages.length === 0) return { mark: 'idle', words: 'no certificate yet' };
  const { doctor } = snapshot;
  const failed = doctor.state === 'run' && doctor.run.result !== 'pass';
  const worst = worstOf(rows.map(({ mark }) => mark));
  // Where nobody is needed yet, it was issued or delivered a moment ago.
  if (worst === 'bad') return { mark: 'warn', words: 'a change is on its way' };
  if (doctor.state === 'run' && isOldRun(doctor.run, nowMs))
    return { mark: 'warn', words: `nothing to look at now, but ${NOT_RUN}` };
  return failed
    ? { mark: 'warn', words: 'nothing to look at now, but the last doctor run has complaints' }
    : { mark: 'good', words: 'all is well' };
}

function isWhole({ nodes, isCutOff }: Survey): boolean {
  return !isCutOff && nodes.every(({ reason, isDrained }) => isDrained || reason === null);
}

export function factsOf(snapshot: Snapshot): readonly Fact[] {
  return [holdersFact(snapshot), renewalFact(snapshot), outstandingFact(snapshot), doctorFact(snapshot)];
}

function holdersFact({ survey, trouble }: Snapshot): Fact {
  const title = 'Who holds the VIP';
  if (survey === null) return { title, ...unseen(trouble) };
  if (survey.vips.length === 0)
    return { title, mark: 'idle', lines: ['no VIP is configured: each node serves by its own address'] };
  const isEverybody = haveAllAnswered(survey.nodes);
  return {
    title,
    mark: worstOf(survey.vips.map(({ holders }) => holdingMark(holders, isEverybody))),
    lines: survey.vips.map(({ address, holders }) => `${address}: ${holderWords(holders)}`),
  };
}

function renewalFact({ survey, trouble, nowMs }: Snapshot): Fact {
  const title = 'Next renewal';
  if (survey === null) return { title, ...unseen(trouble) };
  const [first] = survey.renewals.toSorted((one, other) => (one.due < other.due ? -1 : 1));
  const who = issuerWords(survey);
  if (first === undefined) return { title, mark: 'idle', lines: ['no certificate yet', who.words] };
  const isDue = Date.parse(first.due) <= nowMs;
  const away = `${isDue ? 'due since' : `${awayOf(first.due, nowMs)}, on`} ${dayOf(first.due)}`;
  return {
    title,
    mark: first.isLate ? 'bad' : who.mark,
    lines: [first.lineage, away, who.words],
  };
}

/** Which node's certbot renews. */
function issuerWords({ issuer: { mode, rule, nodes }, nodes: all, vips }: Survey): {
  readonly mark: Mark;
  readonly words: string;
} {
  if (mode === 'per-node') return { mark: 'good', words: 'each node renews its own' };
  if (rule === 'any') return { mark: 'good', words: 'by whichever node is first' };
  if (rule === 'vip' && vips.length === 0)
    return { mark: 'bad', words: 'by nobody: certificates.issuer is vip, and vips is empty' };
  if (nodes.length === 0)
    return haveAllAnswered(all)
      ? { mark: 'bad', words: 'by nobody: no node holds the VIP' }
      : { mark: 'unknown', words: 'by the holder of the VIP, which is unknown' };
  const why = rule === 'vip' ? 'holds the VIP' : 'is the issuer';
  if (nodes.length > 1) return { mark: 'bad', words: `by ${nodes.join(' and ')}: each ${why}` };
  const [node = ''] = nodes;
  const row = all.find((one) => one.node === node);
  return row?.agent === 'unreachable'
    ? { mark: 'unknown', words: `by ${node}, which ${why} and does not answer` }
    : { mark: 'good', words: `by ${node}, which ${why}` };
}

function outstandingFact({ node, survey, trouble }: Snapshot): Fact {
  const title = `Outstanding on ${node}`;
  if (survey === null) return { title, ...unseen(trouble) };
  const { length } = survey.outstanding;
  if (length === 0) return { title, mark: 'good', lines: ['nothing to deliver'] };
  const since = survey.outstanding.map((one) => one.since).toSorted()[0] ?? '';
  return {
    title,
    mark: 'warn',
    lines: [`${length} ${length === 1 ? 'delivery' : 'deliveries'}`, `since ${minuteOf(since)}`],
  };
}

function doctorFact({ node, doctor, nowMs }: Snapshot): Fact {
  const title = `Doctor on ${node}`;
  if (doctor.state === 'none')
    return { title, mark: 'idle', lines: ['no run is recorded yet: its timer runs it once a day'] };
  if (doctor.state === 'unreadable')
    return {
      title,
      mark: 'warn',
      lines: [
        `its last run cannot be read: doctor.json: ${doctor.why}`,
        'certbot-ha doctor --record writes it anew',
      ],
    };
  const { result, checks, at } = doctor.run;
  const marks = { pass: 'good', warn: 'warn', fail: 'bad' } as const;
  const counts = `${checks.pass} passed, ${counted(checks.warn, 'warning')}, ${checks.fail} failed`;
  const lines = [counts, awayOf(at, nowMs)];
  if (!isOldRun(doctor.run, nowMs)) return { title, mark: marks[result], lines };
  const what = `${NOT_RUN}: systemctl status certbot-ha-doctor.timer`;
  return { title, mark: worstOf([marks[result], 'warn']), lines: [...lines, what] };
}

/** What nobody has looked at since the agent's start, or nobody could. */
export function unseen(trouble: string | null): Omit<Fact, 'title'> {
  return { mark: 'unknown', lines: [trouble === null ? 'not seen yet' : 'unknown'] };
}
