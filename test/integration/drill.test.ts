// @module-tag slow
import { chmod } from 'node:fs/promises';
import { eventsIn } from '../support/cluster/event-files.ts';
import { describe } from 'vitest';
import { expect, test } from '../support/cluster/cluster.ts';
import { certbotHaIn, CLI } from '../support/cluster/command-line.ts';
import { run } from '../support/programs/program.ts';

/** Runs a program on a pseudo-terminal of 40 lines and 200 columns. */
const IN_A_TERMINAL = `
import fcntl, os, pty, struct, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 200, 0, 0))
    os.execvp(sys.argv[1], sys.argv[1:])
try:
    while data := os.read(terminal, 65536):
        os.write(1, data)
except OSError:
    pass # how the end of a terminal is told
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

describe.concurrent('drill', () => {
  test('that passes says a line a target, exits 0 and leaves nothing', async ({ cluster }) => {
    await cluster.startAll();
    const { code, stdout, stderr } = await certbotHaIn(cluster, [
      'drill',
      'a.example.test',
      'b.example.test',
      'a.example.test',
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    for (const [index, { name, address }] of cluster.nodes.entries()) {
      expect(lines[index]).toMatch(
        new RegExp(`^${name} ${address}: served \\(\\d+ attempts? in \\d+\\.\\d\\d s\\)$`),
      );
    }
    expect(lines[3]).toMatch(
      /^drill passed in \d+\.\d\d s: every node serves a\.example\.test, b\.example\.test$/,
    );
    const of = { node: 'web1', program: 'drill', identifier: 'a.example.test', tokens: 2, outcome: 'ok' };
    expect(await eventsIn(cluster.stateDir, { only: ({ program }) => program === 'drill' })).toEqual([
      ...['web1', 'web2', 'web3'].map((target) => ({ ...of, event: 'challenge-gate', target })),
      { ...of, event: 'drill' },
    ]);
    const quiet = await certbotHaIn(cluster, ['drill', '-q', 'a.example.test']);
    expect(quiet).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(stdout).not.toContain('\u001B');
    expect(await cluster.tokens()).toEqual([[], [], []]);
  });

  test('without a name or a lineage uses a name that says that it is one', async ({ cluster }) => {
    await cluster.startAll();
    const { stdout } = await certbotHaIn(cluster, ['drill']);
    expect(stdout).toContain('every node serves certbot-ha-drill.invalid');
  });

  test('names where a name leads to other addresses than those of the cluster, and passes', async ({
    cluster,
  }) => {
    await cluster.startAll();
    const { code, stdout } = await certbotHaIn(cluster, ['drill', 'localhost']);
    expect(code).toBe(0);
    expect(stdout).toContain(
      'localhost leads to 127.0.0.1, which is neither a node nor a VIP: the CA asks there (behind NAT that may be right) [name-leads-elsewhere]',
    );
    expect(stdout).toMatch(/: every node serves localhost$/m);
  });

  test('that fails tells the reason of each target, exits 1 and leaves nothing that it can reach', async ({
    cluster,
  }) => {
    const [web1, web2, web3] = cluster.nodes;
    await Promise.all([web1.startSite(), web2.startAgent(), web3.startAgent()]);
    await cluster.configure({ gate: { timeout: 1, httpPort: cluster.httpPort } });
    const { code, stdout, stderr } = await certbotHaIn(cluster, ['drill', 'a.example.test']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines[1]).toMatch(
      new RegExp(
        `^web2 ${web2.address}: port ${cluster.httpPort}: connection refused: is the web server running\\?`,
      ),
    );
    expect(lines.at(-1)).toBe(
      `drill failed after 1 s: a.example.test not served everywhere (web2 ${web2.address}, web3 ${web3.address}) [drill-failed]`,
    );
    const quiet = await certbotHaIn(cluster, ['drill', '--quiet', 'a.example.test']);
    expect({ code: quiet.code, stdout: quiet.stdout }).toEqual({ code: 1, stdout: '' });
    const said = quiet.stderr.trimEnd().split('\n');
    expect(said).toHaveLength(lines.length - 1);
    expect(said[0]).toContain(`certbot-ha: web2 ${web2.address}: `);
    expect(said.at(-1)).toContain('[drill-failed]');
    expect(await cluster.tokens()).toEqual([[], [], []]);
  });

  test('draws a table on a terminal', async ({ cluster, skip }) => {
    await cluster.startAll();
    const env = { ...cluster.envOf(cluster.nodes[0]), TERM: 'xterm', COLUMNS: '200' };
    const { code, stdout, stderr } = await run(
      ['python3', '-c', IN_A_TERMINAL, process.execPath, CLI, 'drill', 'a.example.test'],
      { env },
    );
    if (/out of pty devices/.test(stderr)) return skip('no pseudo-terminals here');
    expect(code).toBe(0);
    expect(stdout).toContain('\u001B[');
    expect(stdout).toMatch(/TARGET +ADDRESS +STATE +ATTEMPTS +TIME +REASON/);
    expect(stdout).toMatch(new RegExp(`web3 +${cluster.nodes[2].address} +served +\\d`));
    expect(stdout).toContain('drill passed');
  });

  test('exits 2 without a key, and writes nothing', async ({ cluster }) => {
    await chmod(cluster.keyFile, 0o644);
    const { code, stdout, stderr } = await certbotHaIn(cluster, ['drill']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('expected 0640 or less');
    expect(await cluster.tokens()).toEqual([[], [], []]);
  });
});
