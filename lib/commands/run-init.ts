import type { CommandIo } from '../base/io.ts';
import { waitingFor } from '../base/waiting.ts';
import { MAX_HANDOVER_BYTES, notRead } from '../setup/handover.ts';
import { initCluster, type SetUpIo } from '../setup/init.ts';
import { joinCluster, setUpOf } from '../setup/join.ts';
import type { GivenSettings } from '../setup/settings.ts';
import { runCommand } from '../system/run-command.ts';
import { holdAddresses } from '../units/hold.ts';
import { isStdinTerminal, isStdoutTerminal, openPrompt, readStdin } from './terminal.ts';
import { usageError } from './usage-error.ts';

/** ssh may ask for a password first, at each end of the pipe. */
const STDIN_TIMEOUT_MS = 300_000;

interface RunInitOptions {
  readonly given: GivenSettings;
  readonly keepalived: string | null;
  readonly isExported: boolean;
  readonly isJoined: boolean;
  readonly isForced: boolean;
  readonly isDryRun: boolean;
  readonly isStarted: boolean;
}

/** `certbot-ha init`: 0 when configuration and key are in place, or printed. The key is never shown on a terminal. */
export async function runInit(io: CommandIo, options: RunInitOptions): Promise<0> {
  if (options.isExported) exportSetUp(io);
  else if (options.isJoined)
    await joinCluster(await waitingFor('configuration and key on stdin', io, handedOver), options, {
      ...io,
      signal: io.interruption(),
      holdFor: holdFor(io),
    });
  else await initHere(io, options);
  return 0;
}

/** As `certbot-ha install` has it. A drop-in that somebody has changed is kept: --force is of the configuration. */
function holdFor(io: CommandIo): NonNullable<SetUpIo['holdFor']> {
  return (cluster) => async (isDryRun) =>
    await holdAddresses(cluster, {
      root: '/',
      isForced: false,
      now: new Date(),
      isDryRun,
      out: io.out,
      run: async (argv, given) =>
        await waitingFor(argv.join(' '), io, async () => await runCommand(argv, given)),
    });
}

function exportSetUp({ env, out }: CommandIo): void {
  if (isStdoutTerminal()) {
    const pipe = 'certbot-ha init --export | ssh root@NODE certbot-ha init --join';
    throw usageError(
      `init: --export prints the cluster's key, which no terminal is to show: ${pipe}`,
      'init',
    );
  }
  out(setUpOf(env));
}

async function handedOver(): Promise<string> {
  if (isStdinTerminal()) throw notRead('a terminal');
  const read = await readStdin({ maxBytes: MAX_HANDOVER_BYTES, timeoutMs: STDIN_TIMEOUT_MS });
  if (read === 'too much') throw notRead(`more than ${MAX_HANDOVER_BYTES} bytes`);
  if (read === 'too late') throw notRead(`no end within ${STDIN_TIMEOUT_MS / 1000} s`);
  return read.text;
}

async function initHere(io: CommandIo, options: RunInitOptions): Promise<void> {
  const signal = io.interruption();
  const hasTerminal = isStdinTerminal() && isStdoutTerminal();
  const prompt = hasTerminal ? openPrompt(signal) : null;
  const over = prompt === null ? undefined : io.progress?.pause();
  try {
    await initCluster(options, { ...io, ask: prompt?.ask ?? null, signal, holdFor: holdFor(io) });
  } finally {
    prompt?.close();
    over?.();
  }
}
