import { readVerdict, type Verdict } from '../agent/verdict.ts';
import { CertbotHaError, type ExitCode } from '../base/errors.ts';
import type { CommandIo } from '../base/io.ts';
import { print } from '../base/print.ts';
import { deadline } from '../system/deadline.ts';
import { pause } from '../system/pause.ts';

/** Longer than looking up this node's name and waiting for its directories may take. */
const TIMEOUT_S = 30;
const LOOK_EVERY_MS = 25;

/**
 * `certbot-ha agent --reload`, by which systemd reloads the agent: sends it SIGHUP and waits for how that ends, so that a reload that was
 * refused has failed, and what follows one that has not finds it done.
 * @throws {CertbotHaError} `failed` where no agent of systemd's is there, or it does not say
 */
export async function reloadAgent(io: CommandIo): Promise<ExitCode> {
  const pid = Number(io.env['MAINPID']);
  const before = await readVerdict(io.env);
  // One of a version without reload would end.
  if (!Number.isSafeInteger(pid) || pid < 2 || before === null)
    throw new CertbotHaError('failed', { code: 'reload-impossible' });
  process.kill(pid, 'SIGHUP');
  const { exitCode, problems } = await nextAfter(before.number, io);
  if (exitCode !== 0) print(io.err, { code: 'reload-refused', problems });
  return exitCode;
}

async function nextAfter(number: number, io: CommandIo): Promise<Verdict> {
  const over = deadline(TIMEOUT_S * 1000);
  while (!over.aborted) {
    await pause(LOOK_EVERY_MS, over);
    const verdict = await readVerdict(io.env);
    if (verdict !== null && verdict.number !== number) return verdict;
  }
  throw new CertbotHaError('failed', { code: 'reload-unanswered', seconds: TIMEOUT_S });
}
