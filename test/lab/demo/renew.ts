import type { LabNode } from '../lab.ts';
import { startCertbot } from './certbot-run.ts';
import { must } from './failure.ts';
import { placesOf, showServed, watchArrivals, type Place } from './served.ts';
import type { Stage } from './stage.ts';
import { useCertificate } from './use.ts';

/** A renewal on the VIP's holder, and how it comes to every node in its turn. */
export async function renewEverywhere(stage: Stage): Promise<void> {
  const { lab, screen, stopwatch } = stage;
  const holder = await lab.holder();
  screen.heading(`A renewal on ${holder.name}, which holds the VIP now: one backup first, the holder last`);
  await useCertificate(stage);
  const places = placesOf(lab);
  const before = await showServed(stage, places);
  stopwatch.lap('nginx uses it');
  await renew(stage, { node: holder, places, before });
  stopwatch.lap('a renewal, on every node');
}

export interface Renewal {
  readonly node: LabNode;
  /** that shall serve it in the end */
  readonly places: readonly Place[];
  /** the serial number that they serve now */
  readonly before: string;
}

/** Runs `certbot renew` on a node and proves that all places turn to one new certificate, in the order of a roll-out. */
export async function renew(stage: Stage, { node, places, before }: Renewal): Promise<void> {
  const { names } = stage;
  const arrivals = watchArrivals(stage, places, before);
  const certbot = startCertbot(stage, node, [['renew', '--force-renewal', '--cert-name', names[0]]]);
  try {
    await certbot.ended();
  } finally {
    await certbot.stop();
    await arrivals.stop();
  }
  const after = await showServed(stage, places);
  must(after !== before, `certbot renew on ${node.name} has left certificate ${before} in place`);
  const nodes = arrivals.list.filter(({ place }) => place.name !== 'vip');
  const said = nodes.map(({ place }) => place.name).join(', ') || 'none';
  must(nodes.length === new Set(places.map(({ name }) => name)).size - 1, `seen to turn to it: ${said}`);
  const turnOf = (name: string) => nodes.find(({ place }) => place.name === name)?.look ?? NaN;
  // Two that turn to it between two looks, on a busy machine, are seen at the same moment.
  const isLast = nodes.every(({ look }) => look <= turnOf(node.name));
  must(isLast, `the VIP's holder was not last: ${said}`);
}
