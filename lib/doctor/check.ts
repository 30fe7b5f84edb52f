import type { Finding } from '../findings/register.ts';
import type { Step } from '../findings/step.ts';
import { nextFor, type StepsOf } from './next.ts';
import type { Context } from './context.ts';

/** Something that a check has found. */
export interface Complaint {
  /** `warn`: it works, and somebody should look at it */
  readonly level: 'warn' | 'fail';
  /** `web2 192.168.69.12`; null where it is this node, or the cluster */
  readonly who: string | null;
  readonly found: Finding;
  /** what to type and to do, in this order; none: what the page of the finding says */
  readonly next: readonly Step[];
}

/** How a check has ended: what is good, why it was not made, or what was found. */
export type Outcome = (
  | { readonly result: 'pass' | 'skip'; readonly detail: string }
  | { readonly result: 'found'; readonly complaints: readonly Complaint[] }
) & {
  /** figures, for programs; absent: none */
  readonly measured?: Readonly<Record<string, unknown>>;
};

/**
 * A look at one thing that has to be right. It finds out, and changes nothing that stays. Its signal ends it; what it throws is what it has
 * found, or a bug.
 */
export interface Check {
  /** a word or two, by which its line begins */
  readonly name: string;
  /** whether there is such a thing in this cluster; default: there is */
  readonly isFor?: (cluster: Context['cluster']) => boolean;
  /** milliseconds; default 10 000 */
  readonly timeoutMs?: (context: Pick<Context, 'cluster' | 'share'>) => number;
  /** not made where the file system of the webroot does not answer: each call that hangs there would keep other checks from theirs */
  readonly needsWebroot?: true;
  readonly run: (context: Context) => Promise<Outcome>;
}

export function passed(detail: string): Outcome {
  return { result: 'pass', detail };
}

export function skipped(why: string): Outcome {
  return { result: 'skip', detail: why };
}

/** What was found or, where nothing was, what is good. */
export function judged(complaints: readonly Complaint[], detail: string): Outcome {
  return complaints.length === 0 ? passed(detail) : { result: 'found', complaints };
}

interface Where {
  /** the node that has it, where it is another one */
  readonly on?: { readonly name: string; readonly address: string };
  /** whose it is besides: a lineage */
  readonly of?: string;
  /** what to type, and where; default: by the finding, there */
  readonly next?: readonly Step[];
  /** whose web server and files those commands are about; default: nginx, and the usual places */
  readonly config?: StepsOf;
}

export function complaint(
  level: Complaint['level'],
  found: Finding,
  { on, of, next, config }: Where = {},
): Complaint {
  const who = [on && `${on.name} ${on.address}`, of].filter(Boolean).join(': ');
  return { level, who: who || null, found, next: next ?? nextFor(found, config, on) };
}
