import { parseArgs } from 'node:util';

/** What `--help` prints. */
export const SHARING_USAGE = `npm run bench -- sharing [--systems a,b] [--issuances 100] [--rounds 40] [--lanes 6]
                         [--no-failures] [--json FILE] [--docs PAGE]

Starts each way of sharing a webroot for real, on three hosts, and measures it without and with certbot-ha. All of them take an hour or more.

  --systems      these alone
  --issuances    runs of certbot for each way; the VIP moves in each before the CA asks
  --rounds       writes of which the time until every node serves them is taken
  --lanes        runs of certbot side by side
  --no-failures  pulls no cables
  --json         writes all figures to FILE, after each system
  --docs         puts the tables into PAGE`;

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
