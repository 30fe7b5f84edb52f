import { mkdir, readFile, writeFile, chmod } from 'node:fs/promises';
import { dirname } from 'node:path';
import { runCommand, successOf } from '../command.ts';
import type { LabHost, RunOptions } from '../contract.ts';

/** This machine, seen as one of the lab's hosts: commands get the host's environment. */
export function loopbackHost(name: string, address: string, env: Readonly<Record<string, string>>): LabHost {
  const run = (argv: readonly string[], options: RunOptions = {}) =>
    runCommand(argv, { ...options, env: { ...env, ...options.env } }, [`${name}:`, ...argv]);
  return {
    name,
    address,
    run,
    check: async (argv, options) => successOf([`${name}:`, ...argv], await run(argv, options)),
    readFile: (path) => readFile(path, 'utf8'),
    async writeFile(path, content, { mode = 0o644 } = {}) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content, { mode });
      await chmod(path, mode);
    },
  };
}
