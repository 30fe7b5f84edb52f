import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CertbotHaError } from '../base/errors.ts';
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

/** Nothing goes on without the answer, and nobody waits for anything else meanwhile. */
const SHOW_MS = 30_000;

/**
 * What systemd knows; null where it does not run this host, as where an image is made.
 * @throws {CertbotHaError} `failed` where it runs, and does not answer
 */
export async function unitsOf({ root, run }: Pick<Host, 'root' | 'run'>): Promise<Units | null> {
  if (!existsSync(join(root, '/run/systemd/system'))) return null;
  const patiently: RunProgram = async (argv, options) => await run(argv, { ...options, timeoutMs: SHOW_MS });
  const units = await showUnits(patiently);
  if (units !== null) return units;
  const found = {
    code: 'set-up-command-failed',
    command: 'systemctl show',
    end: 'no answer',
    said: [],
  } as const;
  throw new CertbotHaError('failed', found, { hint: 'systemctl is-system-running' });
}
