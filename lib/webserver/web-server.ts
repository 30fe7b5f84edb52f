import { existsSync } from 'node:fs';
import type { Config } from '../cluster/config.ts';
import type { LineageSettings } from '../cluster/lineage-settings.ts';
import { failure, OK, type Outcome } from '../base/outcome.ts';
import { withAdminPath } from '../system/admin-path.ts';
import { LIMITS } from '../system/limits.ts';
import { endOf } from '../system/ended.ts';
import { runCommand, type CommandResult } from '../system/run-command.ts';
import { atMost, runLimits, type TimeLimit } from '../system/time-limit.ts';
import { startGivenUp, type SystemctlOptions } from './given-up.ts';
import { runningPart } from './standby.ts';
import { defaultCommands, expectedFiles, type ExpectedFiles } from './kinds.ts';

/**
 * The web server of this node. All verbs resolve whatever happens, each within a deadline of its own that all its commands
 * share, and within what a caller has left; its signal ends them. The reason of a failure has the web server's own lines
 * below it. A verb that has nothing to do is done.
 */
export interface WebServer {
  /** Whether its configuration would load as it is, certificates included. Changes nothing. */
  test(limit?: TimeLimit): Promise<Outcome>;
  /**
   * Makes it read its configuration and certificates again, after a test that has passed. It may resolve before the
   * new ones are served. An enabled unit that systemd has given up is started.
   */
  reload(limit?: TimeLimit): Promise<Outcome>;
  /** Whether it runs where the VIP is, which is not here, and is not seen to run here anyway: then its test may fail for want of the VIP. */
  isStandby(): Promise<boolean>;
  /** A test is there to run: without one, that all is well tells nothing. */
  readonly hasTest: boolean;
  /** Whether it says itself that its configuration names one of these directories, or files below it; false where it does not say. Changes nothing. */
  isNaming(directories: readonly string[], limit?: TimeLimit): Promise<boolean>;
  /** Where it expects the files of a lineage. @param live the lineage's directory below live/ */
  expects(live: string): ExpectedFiles;
}

export interface WebServerOptions {
  /** commands in the place of the one that the configuration or the kind names; null: that one */
  readonly own?: Pick<LineageSettings, 'test' | 'reload'>;
  /** it runs, or listens, only where the VIP is, and that is elsewhere now; default: never */
  readonly isElsewhere?: () => boolean;
  /** what systemd says does not run is neither reloaded nor started: it reads its configuration when it is started; default: false */
  readonly isLeftStopped?: boolean;
  readonly env: NodeJS.ProcessEnv;
  /** systemd runs this host, as sd_booted(3) tells */
  readonly hasSystemd?: boolean;
}

type Failed = 'web-server-test-failed' | 'web-server-reload-failed';

/** The web server that the configuration names, with its commands or those of its kind. */
export function createWebServer(
  { kind, test, reload }: Pick<Config['webServer'], 'kind' | 'test' | 'reload'>,
  options: WebServerOptions,
): WebServer {
  const { own, env, isElsewhere = () => false, isLeftStopped = false } = options;
  const { hasSystemd = existsSync('/run/systemd/system') } = options;
  const defaults = defaultCommands(kind, hasSystemd);
  const extended = withAdminPath(env);

  const ask = async (argv: readonly string[], limit: TimeLimit) =>
    await runCommand(argv, { ...runLimits(limit), env: extended });
  async function run(argv: readonly string[], code: Failed, limit: TimeLimit): Promise<Outcome> {
    const result = await ask(argv, limit);
    return result.code === 0 ? OK : failure({ code, ...endOf(argv, result) });
  }
  const listOf = (argv: readonly string[] | null) => (argv === null ? [] : [argv]);
  const tests = own?.test ?? listOf(test ?? defaults.test);
  const dump = own?.test || test ? null : (defaults.dump ?? null);
  const reloads = own?.reload ?? listOf(reload ?? defaults.reload);

  const reloadingWithin = (limit: TimeLimit): SystemctlOptions => ({
    ask: async (argv) => await ask(argv, atMost(LIMITS.askMs, limit)),
    run: async (argv) => await run(argv, 'web-server-reload-failed', limit),
  });

  return {
    test: async (limit) => {
      const own = atMost(LIMITS.testMs, limit);
      return await allOf(tests, async (argv) => await run(argv, 'web-server-test-failed', own));
    },
    reload: async (limit) => {
      const own = atMost(LIMITS.reloadMs, limit);
      // One that fails, or hangs, keeps none of the others with the old certificate.
      let first: Outcome = OK;
      for (const [index, argv] of reloads.entries()) {
        const reloading = reloadingWithin(atMost(own.leftMs() / (reloads.length - index), own));
        const reloaded = isElsewhere()
          ? await reloadRunning(argv, reloading)
          : isLeftStopped
            ? await reloadUnlessStopped(argv, reloading)
            : await reloadOrStart(argv, reloading);
        if (first.isOk) first = reloaded;
      }
      return first;
    },
    isStandby: async () => {
      if (!isElsewhere()) return false;
      const own = atMost(LIMITS.askMs);
      for (const argv of reloads) {
        const { command, isKnown } = await runningPart(argv, async (question) => await ask(question, own));
        if (isKnown && command !== null) return false;
      }
      return true;
    },
    hasTest: tests.length > 0,
    isNaming: async (directories, limit) =>
      dump !== null && isNamedBy(await ask(dump, atMost(LIMITS.testMs, limit)), directories),
    expects: (live) => expectedFiles(kind, live),
  };
}

/** Where the VIP is elsewhere: what is started here later reads the new files then, and a reload must not be what starts it. */
async function reloadRunning(argv: readonly string[], { ask, run }: SystemctlOptions): Promise<Outcome> {
  const { command, isKnown } = await runningPart(argv, ask);
  if (command === null) return OK;
  const reloaded = await run(command);
  // Nobody can tell whether it runs: it may have been the VIP's holder a moment ago, or listen on the VIP alone.
  return isKnown ? reloaded : OK;
}

async function reloadUnlessStopped(
  argv: readonly string[],
  { ask, run }: SystemctlOptions,
): Promise<Outcome> {
  const { command } = await runningPart(argv, ask);
  return command === null ? OK : await run(command);
}

/** A unit that systemd has given up cannot be reloaded. */
async function reloadOrStart(argv: readonly string[], options: SystemctlOptions): Promise<Outcome> {
  const reloaded = await options.run(argv);
  return reloaded.isOk ? reloaded : ((await startGivenUp(argv, options)) ?? reloaded);
}

/** Until one fails. */
async function allOf<T>(all: readonly T[], run: (one: T) => Promise<Outcome>): Promise<Outcome> {
  for (const one of all) {
    const outcome = await run(one);
    if (!outcome.isOk) return outcome;
  }
  return OK;
}

function isNamedBy({ code, stdout }: CommandResult, directories: readonly string[]): boolean {
  return code === 0 && directories.some((directory) => isNamedIn(stdout, directory));
}

/** Whether a line says the last two names of the path, by whatever way it leads there, and not in a comment. */
function isNamedIn(text: string, directory: string): boolean {
  const tail = `/${directory.split('/').slice(-2).join('/')}/`;
  return text.split('\n').some((line) => line.replace(/(^|\s)#.*/, '').includes(tail));
}
