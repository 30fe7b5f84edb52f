import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { showUnits, type RunProgram, type Units } from '../certbot/units-shown.ts';
import type { HostOptions } from './files.ts';
import type { TakeOptions } from './step.ts';

/** What install and uninstall are told, and what they have of their host. */
export interface Host extends HostOptions, TakeOptions {
  /** the directory of the programs, `dist/` as it was built, without links on the way to it */
  readonly dist: string;
  readonly env: NodeJS.ProcessEnv;
  readonly run: RunProgram;
  readonly isRoot: boolean;
}

/** What systemd knows; null where it does not run this host, as where an image is made. */
export async function unitsOf({ root, run }: Pick<Host, 'root' | 'run'>): Promise<Units | null> {
  return existsSync(join(root, '/run/systemd/system')) ? await showUnits(run) : null;
}
