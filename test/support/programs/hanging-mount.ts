import { mkdir } from 'node:fs/promises';
import { eventually } from '../../lab/eventually.ts';
import { lacking } from '../lacking.ts';
import { lackOf } from '../packages.ts';
import { run, start } from './program.ts';

/** A file system whose server can be made to answer nobody, as a file server that is away. */
export interface HangingMount {
  /** From now on every call there hangs. */
  hang(): void;
}

/** Why none can be made here; null: it can. */
export async function lacksFuse(): Promise<string | null> {
  if (process.getuid?.() !== 0) return lacking('only root may mount file systems');
  return await lackOf(['bindfs']);
}

/** Mounts a directory onto itself, by a program of user space, while it is used. @param options of bindfs(1) */
export async function withHangingMount(
  directory: string,
  options: readonly string[],
  use: (mount: HangingMount) => Promise<void>,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const program = start([
    'bindfs',
    '-f',
    '-o',
    'attr_timeout=0,entry_timeout=0',
    ...options,
    directory,
    directory,
  ]);
  const isMounted = async () => {
    if (program.child.exitCode !== null) throw new Error(`bindfs: ${program.stderr()}`);
    return (await run(['mountpoint', '-q', directory])).code === 0;
  };
  try {
    await eventually(isMounted, { timeoutMs: 10_000, what: `bindfs at ${directory}` });
    await use({ hang: () => program.child.kill('SIGSTOP') });
  } finally {
    // What hangs in it goes on then, with an error.
    await program.kill();
    await run(['umount', '-l', directory]);
  }
}
