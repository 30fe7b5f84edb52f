import { setTimeout as pause } from 'node:timers/promises';
import type { LabNode, RunResult } from '../lab.ts';
import { DemoFailure } from './failure.ts';
import { hookLines } from './hook-output.ts';
import type { Stage } from './stage.ts';

/** A certbot at work. */
export interface CertbotRun {
  readonly startedAtMs: number;
  /** How many auth hooks have said that all is well. */
  authHooks(): number;
  /** Resolves when it is true; throws when certbot ends before. */
  until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void>;
  /** Throws unless it ends well. */
  ended(): Promise<void>;
  /** Ends it if it still runs. */
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 20;

/** Starts certbot on a node as an operator would, its arguments in lines as they are to be shown, and shows what the hooks say. */
export function startCertbot(
  { lab, screen, names, signal }: Stage,
  node: LabNode,
  argv: readonly (readonly string[])[],
): CertbotRun {
  const [first = '', ...more] = argv.map((part) => part.join(' '));
  screen.event(node.name, [`$ certbot ${first}`, ...more.map((line) => `    ${line}`)], 'command');
  let authHooks = 0;
  const showHook = hookLines(({ hook, text, isWarning, isFirst }) => {
    if (!isFirst) return screen.more(`  ${text}`);
    if (hook === 'auth' && !isWarning) authHooks += 1;
    const isGood = (hook === 'auth' && authHooks === names.length) || hook === 'deploy';
    screen.event(node.name, `${hook} hook: ${text}`, isWarning ? 'notable' : isGood ? 'good' : 'plain');
  });
  const startedAtMs = Date.now();
  const stopping = new AbortController();
  const options = { signal: AbortSignal.any([signal, stopping.signal]), onOutput: showHook };
  let result: RunResult | Error | undefined;
  const run = lab.certbot(node, argv.flat(), options).then(
    (ended) => (result = ended),
    (error: Error) => (result = error),
  );
  return {
    startedAtMs,
    authHooks: () => authHooks,
    async until(what, isTrue) {
      while (!(await isTrue())) {
        if (result !== undefined) throw endedBadly(result, ` before ${what}`);
        await pause(LOOK_EVERY_MS);
      }
    },
    async ended() {
      const ended = await run;
      if (ended instanceof Error || ended.code !== 0) throw endedBadly(ended);
    },
    async stop() {
      stopping.abort();
      await run;
    },
  };
}

function endedBadly(result: RunResult | Error, before = ''): Error {
  if (result instanceof Error) return result;
  const { code, stdout, stderr } = result;
  return new DemoFailure(
    [`certbot ended with exit ${code}${before}`, stderr.trim(), stdout.trim()].join('\n'),
  );
}
