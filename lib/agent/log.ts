import type { FastifyBaseLogger } from 'fastify';
import type { AGENT } from '../findings/agent.ts';
import type { FindingOf } from '../findings/register.ts';
import type { DamageFound } from '../state/damage.ts';
import { wordsOf } from '../findings/words.ts';

/** What the agent's journal is told of, beside what goes well. */
type Logged = FindingOf<keyof typeof AGENT> | DamageFound;

type Level = 'debug' | 'info' | 'warn' | 'error';

/** Writes a finding to the journal: its code and arguments are fields, as what else is given. */
export function logFinding(
  logger: Pick<FastifyBaseLogger, Level>,
  level: Level,
  finding: Logged,
  fields: Readonly<Record<string, unknown>> = {},
): void {
  logger[level]({ ...fields, ...finding }, wordsOf(finding));
}
