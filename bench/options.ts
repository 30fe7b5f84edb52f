import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** the parts that are measured; empty: all */
  readonly parts: readonly string[];
  /** where the run is written; absent: nowhere */
  readonly json?: string;
  /** an earlier run, with which this one is compared; absent: none */
  readonly compare?: string;
  readonly isHelp: boolean;
}

export const USAGE = `npm run bench -- [PART...] [--json FILE] [--compare FILE]
npm run bench -- picture FILE...

  PART            what is measured; all of them without one
  --json FILE     writes the figures there, with their spread and the machine
  --compare FILE  prints the difference to a run that --json has written
  picture FILE    draws bench/growth.svg from runs that --json has written

Exits with 0; 1: a figure is over its limit, or a part could not be measured; 2: it could not begin, or write FILE.`;

/** Throws on what it does not know. */
export function readBenchOptions(argv: readonly string[], known: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      json: { type: 'string' },
      compare: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    const names = [...known, 'sharing'].join(', ');
    throw new Error(`no such part of the bench: ${unknown.join(', ')}; there are ${names}`);
  }
  const { json, compare, help } = values;
  return {
    parts: positionals,
    ...(json !== undefined && { json }),
    ...(compare !== undefined && { compare }),
    isHelp: help,
  };
}
