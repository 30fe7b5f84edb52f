import { performance } from 'node:perf_hooks';
import type { Lab } from '../contract.ts';
import { readReadme, type ReadmeStep } from '../scene/reader.ts';
import { commandsIn } from './commands.ts';
import { typeOn } from './hosts.ts';

/** A command that somebody has typed on web1, and what it has said. */
export interface Typed {
  readonly command: string;
  readonly output: string;
  readonly seconds: number;
}

/** A step of README's, as it went. */
export interface Taken {
  readonly title: string;
  readonly typed: readonly Typed[];
  /** what README says that is printed */
  readonly shown: readonly string[];
}

/** The last step before every node and the VIP serve the certificate. */
const LAST = '6. Use it';

/** Types what README says, in its order, on web1. Rejects where a command fails. */
export async function followReadme({ nodes }: Lab): Promise<readonly Taken[]> {
  const [web1] = nodes;
  if (web1 === undefined) throw new Error('a lab without nodes');
  const taken: Taken[] = [];
  for (const { title, script, shown } of await readReadme()) {
    const typed: Typed[] = [];
    for (const command of await commandsIn(script)) {
      const from = performance.now();
      const output = await typeOn(web1, command);
      typed.push({ command, output, seconds: (performance.now() - from) / 1000 });
    }
    taken.push({ title, typed, shown });
  }
  return taken;
}

/** The commands that README wants before the certificate is served; what comes after only looks. */
export async function commandsToServe(): Promise<readonly string[]> {
  const steps = await readReadme();
  return (await Promise.all(upToServing(steps).map(({ script }) => commandsIn(script)))).flat();
}

/** The steps up to the one after which the certificate is served. */
export function upToServing<Step extends Pick<ReadmeStep, 'title'>>(steps: readonly Step[]): readonly Step[] {
  const last = steps.findIndex(({ title }) => title === LAST);
  if (last < 0) throw new Error(`README.md has no step "${LAST}"`);
  return steps.slice(0, last + 1);
}
