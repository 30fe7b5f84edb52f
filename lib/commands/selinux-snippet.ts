import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import type { CommandIo } from '../base/io.ts';
import { findCluster } from '../cluster/cluster.ts';
import { readConfig } from '../cluster/load.ts';
import { programsOf } from '../setup/admin-programs.ts';
import { putSelinux, showSelinux } from '../setup/selinux/selinux.ts';

/** `certbot-ha snippet selinux`: prints a policy module and labels, or loads them. */
export async function selinuxSnippet(io: CommandIo, isWritten: boolean): Promise<0> {
  const cluster = await findCluster(readConfig(io.env), io.env);
  const dist = dirname(realpathSync(process.argv[1] ?? ''));
  const options = { cluster, dist, out: (line: string) => io.out(line) };
  if (isWritten) await putSelinux(options, programsOf(io.env, io.interruption()));
  else showSelinux(options);
  return 0;
}
