import { tableLines } from '../../../lib/base/table.ts';
import type { Access } from './access-log.ts';
import { inSeconds } from './screen.ts';
import type { Stage } from './stage.ts';

/** Who served what while the certificate was issued. */
export function reportServed(stage: Stage, accesses: readonly Access[]): void {
  stage.screen.heading(
    "Who served what, by the nodes' access logs (gate: certbot-ha's own look; CA: its validation)",
  );
  stage.screen.table(served(stage, accesses), 2);
  const early = accesses.filter(({ by, status }) => by === 'gate' && status === 404).length;
  if (early > 0) {
    const looks = early === 1 ? '1 more look' : `${early} more looks`;
    stage.screen.table([`${looks} of the gate came before the token did (404) and had to be repeated`], 1);
  }
}

/** The last page. */
export function reportDurations(stage: Stage): void {
  stage.screen.heading('How long it took');
  stage.screen.table(durations(stage), 0);
}

/** A row a name, a column a node: how many requests of the gate and of the CA it has served. */
function served({ lab, names, cast }: Stage, accesses: readonly Access[]): readonly string[] {
  const good = accesses.filter(({ status }) => status === 200);
  const roles = new Map([
    [cast.holder, 'had the VIP'],
    [cast.successor, 'took the VIP'],
    [cast.issuer, 'ran certbot'],
  ]);
  const row = (title: string, of: readonly Access[]) => [
    title,
    ...lab.nodes.map((node) => {
      const count = (by: Access['by']) => of.filter((one) => one.node === node.name && one.by === by).length;
      return pair(String(count('gate')), String(count('ca')));
    }),
  ];
  return tableLines(
    ['', ...lab.nodes.map((node) => `${node.name} ${roles.get(node) ?? ''}`)],
    [
      ['', ...lab.nodes.map(() => pair('gate', 'CA'))],
      ...names.map((name) =>
        row(
          name,
          good.filter((one) => one.name === name),
        ),
      ),
      row('all', good),
    ],
  );
}

function pair(gate: string, ca: string): string {
  return gate.padStart(4) + ca.padStart(6);
}

function durations({ stopwatch: { laps } }: Stage): readonly string[] {
  const totalMs = laps.filter(({ isWithin }) => !isWithin).reduce((sum, { ms }) => sum + ms, 0);
  return [...laps, { step: 'total', ms: totalMs, isWithin: false }].map(
    ({ step, ms, isWithin }) => `${inSeconds(ms).padStart(7)}  ${isWithin ? `  within it: ${step}` : step}`,
  );
}
