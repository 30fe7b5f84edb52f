import { setTimeout as pause } from 'node:timers/promises';
import type { RunResult } from '../lab.ts';
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

/** Starts certbot on the issuer with the hooks, as an operator would, and shows what the hooks say. */
export function startCertbot({ lab, screen, names, signal, cast: { issuer } }: Stage): CertbotRun {
  const argv = [
    ['certonly', '--manual', '--preferred-challenges', 'http'],
    ['--manual-auth-hook', 'certbot-ha-auth', '--manual-cleanup-hook', 'certbot-ha-cleanup'],
    ['--deploy-hook', 'certbot-ha-deploy'],
    names.flatMap((name) => ['-d', name]),
  ];
  const [first = '', ...more] = argv.map((part) => part.join(' '));
  screen.event(issuer.name, [`$ certbot ${first}`, ...more.map((line) => `    ${line}`)], 'command');
  let authHooks = 0;
  const showHook = hookLines(({ hook, text, isWarning, isFirst }) => {
    if (!isFirst) return screen.more(`  ${text}`);
    if (hook === 'auth' && !isWarning) authHooks += 1;
    const isLast = hook === 'auth' && authHooks === names.length;
    screen.event(issuer.name, `${hook} hook: ${text}`, isWarning ? 'notable' : isLast ? 'good' : 'plain');
  });
  const startedAtMs = Date.now();
  const stopping = new AbortController();
  const options = { signal: AbortSignal.any([signal, stopping.signal]), onOutput: showHook };
  let result: RunResult | Error | undefined;
  const run = lab.certbot(issuer, argv.flat(), options).then(
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
