import { parseArgs } from 'node:util';

export interface SharingOptions {
  /** Of a system, with each of the two ways. */
  readonly issuances: number;
  /** Runs of certbot side by side, each with a VIP of its own. */
  readonly lanes: number;
  /** Writes of which the latency is taken. */
  readonly rounds: number;
  /** The systems' words; empty: all. */
  readonly systems: readonly string[];
  /** false: no cable is pulled. */
  readonly failures: boolean;
  /** Where the figures are written as JSON; absent: nowhere. */
  readonly json?: string;
  /** The page whose tables are replaced by these figures; absent: none. */
  readonly docs?: string;
}

/** `sharing --issuances 20 --systems glusterfs,rsync --json FILE`. Throws on what it does not know. */
export function readOptions(argv: readonly string[]): SharingOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      issuances: { type: 'string', default: '100' },
      lanes: { type: 'string', default: '6' },
      rounds: { type: 'string', default: '40' },
      systems: { type: 'string', default: '' },
      'no-failures': { type: 'boolean', default: false },
      json: { type: 'string' },
      docs: { type: 'string' },
    },
  });
  return {
    issuances: count('issuances', values.issuances),
    lanes: count('lanes', values.lanes),
    rounds: count('rounds', values.rounds),
    systems: values.systems.split(',').filter(Boolean),
    failures: !values['no-failures'],
    ...(values.json === undefined ? {} : { json: values.json }),
    ...(values.docs === undefined ? {} : { docs: values.docs }),
  };
}

function count(name: string, value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name}: a number from 1 on, not ${value}`);
  return number;
}
