import type { Lab } from '../lab.ts';
import { must } from './failure.ts';
import type { Stage } from './stage.ts';

/** Somebody that a browser may be led to. */
export interface Place {
  readonly name: string;
  readonly address: string;
}

/** The nodes and the VIPs. */
export function placesOf({ nodes, vips }: Pick<Lab, 'nodes' | 'vips'>): readonly Place[] {
  return [
    ...nodes.map(({ name, address }) => ({ name, address })),
    ...vips.map((address) => ({ name: 'vip', address })),
  ];
}

/** Looks again and again; ends with the process that runs it. */
const LOOK = `look() {
  openssl s_client -connect "$1:$2" -servername "$3" </dev/null 2>/dev/null |
    openssl x509 -noout -serial 2>/dev/null || echo serial=none
}
`;
const ONCE = `${LOOK}look "$@"`;
const ALWAYS = `${LOOK}while :; do look "$@"; sleep 0.1; done`;

/** The serial number that each place presents for the first name, as a client outside the cluster sees it. */
export async function serialsServed(
  { lab, names }: Pick<Stage, 'lab' | 'names'>,
  places: readonly Place[],
): Promise<ReadonlyMap<Place, string>> {
  const entries = places.map(async (place) => {
    const said = await lab.ca.check([
      'sh',
      '-c',
      ONCE,
      'look',
      place.address,
      String(lab.ports.https),
      names[0],
    ]);
    return [place, serialIn(said) ?? 'none'] as const;
  });
  return new Map(await Promise.all(entries));
}

/** Shows what each place presents; throws unless it is one serial number everywhere, which it resolves to. */
export async function showServed(stage: Stage, places: readonly Place[]): Promise<string> {
  const served = await serialsServed(stage, places);
  const [serial = 'none'] = served.values();
  const text = [...served].map(([{ name }, one]) => `${name} ${one}`).join(', ');
  must(serial !== 'none' && new Set(served.values()).size === 1, `not one certificate everywhere: ${text}`);
  stage.screen.event(
    'all',
    `${[...served.keys()].map(({ name }) => name).join(', ')} serve ${serial}`,
    'good',
  );
  return serial;
}

/** When a place was first seen to serve what it did not before. */
export interface Arrival {
  readonly place: Place;
  readonly serial: string;
}

export interface Arrivals {
  /** In the order in which they came. */
  readonly list: readonly Arrival[];
  stop(): Promise<void>;
}

/** Shows each place's turn to a new certificate as it comes. */
export function watchArrivals(
  { lab, screen, names, signal }: Stage,
  places: readonly Place[],
  before: string,
): Arrivals {
  const list: Arrival[] = [];
  const over = new AbortController();
  const watching = places.map(async (place) => {
    const argv = ['sh', '-c', ALWAYS, 'look', place.address, String(lab.ports.https), names[0]];
    let hasArrived = false;
    await lab.ca.run(argv, {
      signal: AbortSignal.any([signal, over.signal]),
      timeoutMs: 300_000,
      onOutput(chunk) {
        const serial = serialIn(chunk);
        if (hasArrived || serial === undefined || serial === 'none' || serial === before) return;
        hasArrived = true;
        list.push({ place, serial });
        screen.event(place.name, `serves ${serial}`);
      },
    });
  });
  return {
    list,
    async stop() {
      over.abort();
      await Promise.all(watching);
    },
  };
}

function serialIn(output: string): string | undefined {
  return /^serial=(\w+)\n/m.exec(output)?.[1]?.toLowerCase();
}
