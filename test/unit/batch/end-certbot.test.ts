import { describe, onTestFinished, vi } from 'vitest';
import { endCertbot } from '../../../lib/batch/end-certbot.ts';
import { findProcess, isRunning, type ProcessId } from '../../../lib/system/processes.ts';
import { start } from '../../support/programs/program.ts';
import { expect, test } from '../../support/temporary.ts';

/** A process that stands for certbot, its stderr as said. */
function certbotWith(stderr: string) {
  const program = start(['sh', '-c', `exec sleep 60 2>${stderr}`]);
  onTestFinished(async () => await program.kill());
  const certbot = findProcess(program.pid);
  if (certbot === null) throw new Error('not started');
  return { program, certbot };
}

const tell = () => {
  const said: string[] = [];
  return { said, err: (line: string) => void said.push(line) };
};

describe('the certbot that runs a hook', () => {
  test('is ended although its stderr is on a full disk', async () => {
    const { program, certbot } = certbotWith('/dev/full');
    const { said, err } = tell();
    await endCertbot(certbot, { err, said });
    expect(await program.ended).toMatchObject({ signal: 'SIGTERM' });
    expect(said).toContain(
      `gate.onFailure is abort: ending certbot (process ${certbot.pid}) before it asks the CA [certbot-ended-by-hook]`,
    );
  });

  test('is told from a later process with its number, which gets no signal', async () => {
    const { program, certbot } = certbotWith('/dev/null');
    const earlier: ProcessId = { pid: certbot.pid, startTime: '1' };
    const { said, err } = tell();
    await endCertbot(earlier, { err, said });
    expect(said.join()).toContain('[no-certbot-to-end]');
    expect(program.child.signalCode).toBeNull();
    expect(findProcess(certbot.pid)).toEqual(certbot);
  });

  test('gets no signal once it has ended while its stderr was written, since its number may be another’s', async () => {
    const { program, certbot } = certbotWith('/dev/null');
    const kill = vi.spyOn(process, 'kill');
    onTestFinished(() => {
      kill.mockRestore();
    });
    const said: string[] = [];
    const err = (line: string) => {
      said.push(line);
      process.kill(certbot.pid, 'SIGKILL');
      while (isRunning(certbot)); // some milliseconds
    };
    await endCertbot(certbot, { err, said });
    expect(kill.mock.calls.filter(([, signal]) => signal === 'SIGTERM')).toEqual([]);
    expect(await program.ended).toMatchObject({ signal: 'SIGKILL' });
    expect(said).toHaveLength(1);
  });

  test('that ends at the very moment is no trouble', async () => {
    const { certbot } = certbotWith('/dev/null');
    const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
      throw Object.assign(new Error('kill ESRCH'), { code: 'ESRCH', errno: -3 });
    });
    onTestFinished(() => {
      kill.mockRestore();
    });
    const { said, err } = tell();
    await endCertbot(certbot, { err, said });
    kill.mockRestore();
    expect(said).toEqual([expect.stringContaining('[certbot-ended-by-hook]')]);
  });
});
