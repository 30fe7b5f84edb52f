import type { FindingOf } from '../../findings/register.ts';
import { runCommand, type ProgramFinding } from '../../system/run-command.ts';
import { surveyDocumentIn, type SurveyDocument } from './survey-document.ts';

/** Why there is no newer survey. */
export type SurveyTrouble = ProgramFinding | FindingOf<'survey-failed' | 'survey-unreadable'>;

/** What is known of the cluster here. */
export interface Surveyed {
  /** the last survey that succeeded, with its time in `at`; null: none has yet */
  readonly document: SurveyDocument | null;
  /** why the last one gave nothing; null: it did, or none has ended yet */
  readonly trouble: SurveyTrouble | null;
  /** a newer one is under way */
  readonly isLooking: boolean;
  /** how long the last one took, failed or not, in milliseconds; null: none has ended yet */
  readonly tookMs: number | null;
}

/** The cluster as this node sees it, by `certbot-ha status --json` of its own installation: docs/decisions/0051-survey-and-metrics.md. */
export interface Survey {
  /**
   * What is known now. Where that is older than 10 s, a new look begins in the background. Never rejects.
   * @param waitMs how long to wait for a look that is under way, at most; default 0
   */
  latest(waitMs?: number): Promise<Surveyed>;
}

export interface SurveyOptions {
  /** the program that prints it, with its arguments */
  readonly argv: readonly string[];
  /** the agent's own; what systemd has put there for the agent alone is not handed on */
  readonly env: NodeJS.ProcessEnv;
  /** ends a look with the agent */
  readonly signal: AbortSignal;
  /** milliseconds that a look may take; default 35 000 */
  readonly timeoutMs?: number;
  /** milliseconds from one start to the next, at least; default 10 000 */
  readonly pauseMs?: number;
}

/** Longer than the time that the program has been given, by which it tells what it has seen. */
const TIMEOUT_MS = 35_000;
/** Whoever asks every second costs this host a look every ten, and its peers as little. */
const PAUSE_MS = 10_000;
/** Ten thousand lineages. What is cut off cannot be read. */
const MAX_CHARS = 16_777_216;
/** What a look says where it fails: in a line or two. */
const MAX_SAID = 3;
/** By these systemd talks to the agent, and to no child of it. */
const AGENTS_OWN = /^(?:NOTIFY_SOCKET|WATCHDOG_(?:PID|USEC)|LISTEN_(?:PID|FDS|FDNAMES)|MAINPID)$/;

export function createSurvey({ argv, env, signal, ...limits }: SurveyOptions): Survey {
  const { timeoutMs = TIMEOUT_MS, pauseMs = PAUSE_MS } = limits;
  const childEnv = Object.fromEntries(Object.entries(env).filter(([name]) => !AGENTS_OWN.test(name)));
  let known: Omit<Surveyed, 'isLooking'> = { document: null, trouble: null, tookMs: null };
  let looking: Promise<void> | null = null;
  let startedMs = -Infinity;

  async function look(): Promise<void> {
    const options = { env: childEnv, signal, timeoutMs, maxChars: MAX_CHARS };
    const seen = seenIn(await runCommand(argv, options));
    const tookMs = performance.now() - startedMs;
    known =
      'document' in seen
        ? { document: seen.document, trouble: null, tookMs }
        : { document: known.document, trouble: seen.trouble, tookMs };
  }

  function lookIfDue(): void {
    const nowMs = performance.now();
    if (looking !== null || signal.aborted || nowMs - startedMs < pauseMs) return;
    startedMs = nowMs;
    looking = look().finally(() => {
      looking = null;
    });
  }

  return {
    async latest(waitMs = 0) {
      lookIfDue();
      if (looking !== null && waitMs > 0) await atMost(looking, waitMs);
      return { ...known, isLooking: looking !== null };
    },
  };
}

function seenIn({
  code,
  stdout,
  stderr,
  trouble,
}: Awaited<ReturnType<typeof runCommand>>):
  { readonly document: SurveyDocument } | { readonly trouble: SurveyTrouble } {
  if (trouble !== null) return { trouble };
  // 1: some node has not answered, which it tells. It prints nothing where it has failed.
  if (code !== null && stdout !== '') {
    const document = surveyDocumentIn(stdout);
    return document === null ? { trouble: { code: 'survey-unreadable' } } : { document };
  }
  const said = stderr.split('\n').filter(Boolean).slice(0, MAX_SAID);
  return { trouble: { code: 'survey-failed', end: code ?? 0, said } };
}

async function atMost(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, over]);
  clearTimeout(timer);
}
