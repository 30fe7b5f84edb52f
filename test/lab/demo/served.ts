import type { Lab } from '../lab.ts';
import { lookServed, serialsIn } from '../look-served.ts';
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

/** The serial number that each place presents for the first name, as a client outside the cluster sees it. */
export async function serialsServed(
  { lab, names }: Pick<Stage, 'lab' | 'names'>,
  places: readonly Place[],
): Promise<ReadonlyMap<Place, string>> {
  const argv = lookServed(lab, { name: names[0], addresses: places.map(({ address }) => address) });
  const seen = serialsIn(await lab.ca.check(argv));
  return new Map(places.map((place, index) => [place, seen[index]?.toLowerCase() ?? 'none']));
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
  /** Which look it was; one look sees all places at the same moment. */
  readonly look: number;
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
  let [look, begun] = [0, ''];
  const see = (line: string) => {
    look += 1;
    for (const [index, seen] of serialsIn(line).entries()) {
      const place = places[index];
      const serial = seen?.toLowerCase() ?? before;
      if (place === undefined || serial === before || list.some((arrival) => arrival.place === place))
        continue;
      list.push({ place, look });
      screen.event(place.name, `serves ${serial}`);
    }
  };
  const addresses = places.map(({ address }) => address);
  const watching = lab.ca.run(lookServed(lab, { name: names[0], addresses, pauseMs: 50 }), {
    signal: AbortSignal.any([signal, over.signal]),
    timeoutMs: 300_000,
    onOutput(chunk) {
      const lines = (begun + chunk).split('\n');
      begun = lines.pop() ?? '';
      for (const line of lines) see(line);
    },
  });
  return {
    list,
    async stop() {
      over.abort();
      await watching;
    },
  };
}
