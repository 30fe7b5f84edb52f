import { CertbotHaError } from '../base/errors.ts';
import type { Finding } from '../findings/register.ts';
import { endOf } from '../system/ended.ts';
import { runCommand } from '../system/run-command.ts';
import { createWebServer } from '../webserver/web-server.ts';
import { commandsOf, type NodeSteps } from './node-steps.ts';
import { putPart } from './put-part.ts';

/** Starting waits for an agent that begins. */
const TIMEOUT_MS = 180_000;

/** Says what it does, or would do. */
export type Hold = (isDryRun: boolean) => Promise<void>;

interface StartOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly out: (line: string) => void;
  readonly signal: AbortSignal;
  /** Has systemd hold the agent's addresses, or says how. @throws {CertbotHaError} */
  readonly hold?: Hold | undefined;
  /** below which the web server's files are; default: the root directory */
  readonly root?: string;
}

/**
 * Does what would otherwise be typed, and says each when it is done, with what it has said. Units are not started without what they
 * need; apart from that, one that fails keeps no other from being done.
 * @throws {CertbotHaError} `failed`, with all that have failed, at the end
 */
export async function startNode(steps: NodeSteps, options: StartOptions): Promise<void> {
  const { own, prepare, part, start } = steps;
  const failed = await runAll(own.length === 0 ? prepare : [own, ...prepare], options);
  const isPrepared = failed.length === 0;
  if (part !== null) failed.push(...(await putPartHere(part, options)));
  if (isPrepared) failed.push(...(await held(options)), ...(await runAll(start, options)));
  if (failed.length === 0) return;
  const rest = isPrepared ? 'everything else is done' : 'no unit was started';
  throw new CertbotHaError('failed', failed, {
    hint: `${rest}; certbot-ha init --start, here, tries it again`,
  });
}

/** Says what `startNode` would do. */
export async function sayCommands(
  steps: NodeSteps,
  { out, hold }: Pick<StartOptions, 'out' | 'hold'>,
): Promise<void> {
  const say = (line: string) => out(`would run ${line.trimStart()}`);
  for (const line of [...steps.own, ...commandsOf({ ...steps, start: [] })]) say(line);
  await hold?.(true);
  for (const line of steps.start.flat()) say(line);
}

/** The agent listens by itself where this fails. */
async function held({ hold, signal }: StartOptions): Promise<readonly Finding[]> {
  if (signal.aborted) return [];
  try {
    await hold?.(false);
    return [];
  } catch (error) {
    if (error instanceof CertbotHaError) return error.findings;
    throw error;
  }
}

async function runAll(
  commands: readonly (readonly string[])[],
  { env, out, signal }: StartOptions,
): Promise<Finding[]> {
  const failed: Finding[] = [];
  for (const lines of commands) {
    const script = lines.join('\n');
    const ended = await runCommand(['/bin/sh', '-euc', script], { env, signal, timeoutMs: TIMEOUT_MS });
    if (ended.code === 0) {
      for (const line of lines) out(`done: ${line.trimStart()}`);
      for (const line of `${ended.stdout}\n${ended.stderr}`.split('\n').filter(Boolean)) out(`  ${line}`);
    } else failed.push({ code: 'set-up-command-failed', ...endOf(lines, ended) });
  }
  return failed;
}

/** Here, and not by another process: what an interruption leaves undone is taken back. */
async function putPartHere(
  { line, kind, webroot, lookup, webServer }: NonNullable<NodeSteps['part']>,
  { env, out, signal, root }: StartOptions,
): Promise<readonly Finding[]> {
  try {
    const server = createWebServer(webServer, { env, isLeftStopped: true });
    const put = {
      kind,
      webroot,
      lookup,
      isForced: false,
      webServer: server,
      signal,
      ...(root !== undefined && { root }),
    };
    const said = await putPart(put);
    out(`done: ${line}`);
    for (const one of said) out(`  ${one}`);
    return [];
  } catch (error) {
    if (error instanceof CertbotHaError) return error.findings;
    throw error;
  }
}
