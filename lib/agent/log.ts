import type { FastifyBaseLogger } from 'fastify';
import type { AGENT } from '../findings/channel.ts';
import type { Finding, FindingOf } from '../findings/register.ts';
import { wordsOf } from '../findings/words.ts';

/** What the agent's journal is told of, beside what goes well. */
type Logged = FindingOf<keyof typeof AGENT>;

/** Writes a finding to the journal: its code and arguments are fields, as what else is given. */
export function logFinding(
  logger: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>,
  level: 'info' | 'warn' | 'error',
  finding: Logged,
  fields: Readonly<Record<string, unknown>> = {},
): void {
  logger[level]({ ...fields, ...(finding satisfies Finding) }, wordsOf(finding));
}
