import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { start, type Running } from './program.ts';

// As certbot runs a hook: a Python program, a shell, the command. SIGTERM ends it like certbot's own handler does.
const SCRIPT = `
import signal, subprocess, sys
def end(number, frame):
    print("certbot: ended by SIGTERM", flush=True)
    sys.exit(143)
signal.signal(signal.SIGTERM, end)
for command in sys.argv[1:]:
    process = subprocess.run(command, shell=True)
    print("certbot: hook exit %d" % process.returncode, flush=True)
`;

export interface FakeCertbotOptions {
  /** the script's file name; default certbot */
  readonly name?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts a process tree python3 → sh → COMMAND, one command after another, under the name of certbot. */
export async function startFakeCertbot(
  directory: string,
  commands: readonly string[],
  { name = 'certbot', env }: FakeCertbotOptions = {},
): Promise<Running> {
  const bin = join(directory, 'fake-bin');
  await mkdir(bin, { recursive: true });
  const script = join(bin, name);
  await writeFile(script, SCRIPT);
  return start(['python3', script, ...commands], env === undefined ? {} : { env });
}
