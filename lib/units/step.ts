import { CertbotHaError, isForbidden } from '../base/errors.ts';
import { isSystemError } from '../base/expected.ts';

/** Something that is to be done on this host. It can be done again. */
export interface Step {
  /** `write /etc/…` */
  readonly does: string;
  /** what it changes, where it fails */
  readonly place: string;
  readonly run: () => Promise<unknown>;
}

/** What is to be done, and what is to be said of the rest. */
export interface Plan {
  readonly steps: readonly Step[];
  readonly notes: readonly string[];
}

export interface TakeOptions {
  readonly isDryRun: boolean;
  readonly out: (line: string) => void;
}

export function plan(...plans: readonly Plan[]): Plan {
  return { steps: plans.flatMap(({ steps }) => steps), notes: plans.flatMap(({ notes }) => notes) };
}

export function noted(...notes: readonly string[]): Plan {
  return { steps: [], notes };
}

export function todo(does: string, place: string, run: Step['run']): Plan {
  return { steps: [{ does, place, run }], notes: [] };
}

/**
 * Takes one step after the other, and says each when it is done.
 * @throws {CertbotHaError} that names the place of the first that fails; those before it stay done
 */
export async function take(steps: readonly Step[], { isDryRun, out }: TakeOptions): Promise<void> {
  for (const step of steps) {
    if (isDryRun) {
      out(`would ${step.does}`);
      continue;
    }
    try {
      await step.run();
    } catch (error) {
      throw explained(error, step.place);
    }
    out(`done: ${step.does}`);
  }
  if (steps.length === 0) out('nothing to do');
}

function explained(error: unknown, place: string): unknown {
  if (!isSystemError(error)) return error;
  const found = { code: 'not-writable', place, error: error.code } as const;
  if (isForbidden(error))
    return new CertbotHaError('config', found, { cause: error, hint: 'run this as root' });
  return new CertbotHaError('failed', found, { cause: error, hint: GO_ON });
}

export const GO_ON = 'the steps above are done; the same command goes on from here';
