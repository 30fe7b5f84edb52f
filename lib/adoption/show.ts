import { tableLines } from '../base/table.ts';
import { shellWord } from '../findings/area.ts';
import { lineOf } from '../findings/words.ts';
import type { Plan, Standing } from './standing.ts';

/** A row a lineage: who renews it, and what to type. */
export function standingsLines(
  all: readonly { readonly lineage: string; readonly standing: Standing }[],
): readonly string[] {
  return tableLines(
    ['LINEAGE', 'RENEWED BY', 'NEXT'],
    all.map(({ lineage, standing }) => [lineage, ...cellsOf(lineage, standing)]),
  );
}

function cellsOf(lineage: string, standing: Standing): readonly string[] {
  switch (standing.is) {
    case 'adopted':
      return ['certbot-ha', '-'];
    case 'refused': {
      const [first] = standing.findings;
      return [standing.by, first === undefined ? '-' : lineOf(first)];
    }
    case 'adoptable':
      return [standing.by, `certbot-ha adopt ${shellWord(lineage)}`];
  }
}

/** The hooks of its own that a lineage is to lose, since certbot-ha does what they do, or they would be in its way. */
export function hooksLines({ lineage, dropped, without }: Pick<Plan, 'lineage' | 'dropped' | 'without'>) {
  return [
    ...dropped.map(({ option, command }) => `${lineage}: goes: ${option} ${command}`),
    ...(without.includes('installer')
      ? [
          `${lineage}: goes: certbot's installer; certbot-ha reloads the web server, whose configuration stays`,
        ]
      : []),
  ];
}
