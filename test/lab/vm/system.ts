import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { lacking } from '../../support/lacking.ts';
import { CLONE } from '../dist.ts';

/** What virtual machines boot: a directory of scripts/vm-system.sh's. */
export interface VmSystem {
  readonly directory: string;
}

const MAKE_MS = 900_000;

/** Makes it where it is not there yet, which takes some minutes. Or why it cannot be had: with CI=true that is an error. */
export async function vmSystem(): Promise<VmSystem | { readonly lacks: string }> {
  try {
    const script = join(CLONE, 'scripts/vm-system.sh');
    const { stdout } = await promisify(execFile)(script, [], { timeout: MAKE_MS });
    return { directory: stdout.trim() };
  } catch (error) {
    return {
      lacks: lacking((error as { stderr?: string }).stderr?.trim().split('\n').at(-1) ?? String(error)),
    };
  }
}
