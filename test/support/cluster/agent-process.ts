import type { Ended, Running } from '../programs/program.ts';
import { startCli } from './built.ts';

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [key: string]: unknown;
}

export interface AgentProcess {
  readonly program: Running;
  /** Everything it has logged; throws for a line that is not JSON. */
  log(): readonly LogLine[];
  /** SIGTERM, and how it ended. */
  close(): Promise<Ended>;
}

/** Starts the built agent and waits until it listens; rejects with what it said when it does not. */
export async function startAgent(env: NodeJS.ProcessEnv, dist?: string): Promise<AgentProcess> {
  const program = startCli(env, ['agent'], dist);
  const agent: AgentProcess = {
    program,
    log: () =>
      program
        .stdout()
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as LogLine),
    close: async () => {
      const killer = setTimeout(() => program.child.kill('SIGKILL'), 5_000);
      program.child.kill('SIGTERM');
      const ended = await program.ended;
      clearTimeout(killer);
      return ended;
    },
  };
  try {
    await program.says(/"msg":"listening"/);
  } catch (error) {
    await program.kill();
    throw error;
  }
  return agent;
}
