import type { ArgumentsCamelCase, Argv, CommandModule } from 'yargs';
import type { ExitCode } from '../base/errors.ts';
import type { CommandIo } from '../base/io.ts';
import { waitingFor } from '../base/waiting.ts';
import type { PluginState } from '../status/plugin.ts';

/** What every command takes. */
export interface CommonOptions {
  readonly config: string | undefined;
  /** of those that have it */
  readonly quiet?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** How a command ends. `check` has the exit codes of a monitoring plugin. */
export type CommandExit = ExitCode | PluginState;

/** A module of yargs, but that its handler is given its process and tells how it ended. */
export interface Command<T extends CommonOptions = CommonOptions> {
  readonly command: string;
  readonly describe: string;
  readonly builder: (yargs: Argv<CommonOptions>) => Argv<T>;
  /** what to type instead of words that belong to no option */
  readonly form?: string;
  /** Imports what does the work, so that help is shown and a mistake is refused without it. */
  readonly handler: (options: ArgumentsCamelCase<T>, io: CommandIo) => Promise<CommandExit>;
}

/** Runs a command's work in a process with these options, and keeps its exit code. */
export type RunWork = (
  options: CommonOptions,
  work: (io: CommandIo) => Promise<CommandExit>,
) => Promise<void>;

/** The command as yargs takes it. */
export function moduleOf<T extends CommonOptions>(
  { command, describe, builder, handler }: Command<T>,
  run: RunWork,
): CommandModule<CommonOptions, T> {
  return {
    command,
    describe,
    builder,
    handler: async (options) =>
      await run(options, async (io) => await handle({ command, handler }, options, io)),
  };
}

/** Has a command do its work; whoever looks on sees that it goes on. */
export async function handle<T extends CommonOptions>(
  { command, handler }: Pick<Command<T>, 'command' | 'handler'>,
  options: ArgumentsCamelCase<T>,
  io: CommandIo,
): Promise<CommandExit> {
  const [name = ''] = command.split(' ');
  return await waitingFor(`certbot-ha ${name}`, io, async () => await handler(options, io));
}

/** What a command has of its process where it is to say only what is wrong. */
export function quieted(io: CommandIo, isQuiet: boolean | undefined): CommandIo {
  return isQuiet === true ? { ...io, out: () => undefined, isTerminal: false } : io;
}

/** The last value of an option that was given more than once: yargs hands on all of them. */
export function lastOf<T>(given: T | readonly T[]): T {
  return Array.isArray(given) ? given.at(-1) : (given as T);
}
