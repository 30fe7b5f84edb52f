import { factsOf, headlineOf } from '../agent/page/facts.ts';
import { columnsOf, rowsOf, type Column, type MatrixRow } from '../agent/page/matrix.ts';
import { eventWords, placeOf, subjectOf, tookOf } from '../state/event-words.ts';
import type { Snapshot } from '../agent/page/snapshot.ts';
import type { LoggedEvent } from '../state/event.ts';
import { secondOf, SIGNS } from '../agent/page/words.ts';
import { counted } from '../base/counted.ts';
import { tableLines } from '../base/table.ts';
import { cutTo } from '../base/width.ts';
import { printable } from '../findings/area.ts';
import { fitted } from './wrap.ts';

/** A terminal as it is now; null: it is none, and each line is whole. */
export type Room = { readonly columns: number; readonly rows: number } | null;

/** Lines that belong together. */
interface Block {
  readonly lines: readonly string[];
  /** how many of them stay, however little room there is */
  readonly least: number;
}

/** What the status page shows, for a terminal. @param nodes the table of the nodes */
export function watchLines(snapshot: Snapshot, nodes: readonly string[], room: Room): readonly string[] {
  const prose = (lines: readonly string[]) => lines.flatMap((line) => broken(line, room));
  const rows = rowsOf(snapshot);
  const { mark, words } = headlineOf(snapshot, rows);
  const blocks: readonly Block[] = [
    { lines: prose([`${SIGNS[mark]} ${words} (${seenAt(snapshot)})`]), least: 2 },
    { lines: prose(troubleLines(snapshot)), least: 4 },
    { lines: nodes, least: 4 },
    { lines: prose(factLines(snapshot)), least: 6 },
    { lines: lineageLines(snapshot, rows), least: 4 },
    { lines: prose(complaintLines(snapshot)), least: 0 },
    { lines: eventLines(snapshot), least: 0 },
  ];
  return fit(blocks, room)
    .map(printable)
    .map((line) => (room === null ? line : cutTo(line, room.columns)));
}

function seenAt({ node, survey }: Snapshot): string {
  return `seen by ${node} at ${survey === null ? 'an unknown time' : `${secondOf(survey.at)} UTC`}`;
}

function broken(line: string, room: Room): readonly string[] {
  return room === null ? [line] : fitted(line, { kind: 'prose', columns: room.columns }).split('\n');
}

function troubleLines({ survey }: Snapshot): readonly string[] {
  return (survey?.troubles ?? []).map(({ who, found }) => {
    const [first] = found.message.split('\n');
    return `${SIGNS.bad} ${who === null ? '' : `${who}: `}${first} [${found.code}]`;
  });
}

function factLines(snapshot: Snapshot): readonly string[] {
  return factsOf(snapshot).map(({ title, mark, lines }) => `${SIGNS[mark]} ${title}: ${lines.join(', ')}`);
}

function lineageLines({ survey }: Snapshot, rows: readonly MatrixRow[]): readonly string[] {
  if (survey === null || rows.length === 0) return [];
  const columns = columnsOf(survey);
  return tableLines(
    ['CERTIFICATE', 'LEFT', 'RENEWS', 'NODES AND VIPS', 'ISSUED'],
    rows.map((row) => [
      row.lineage,
      `${SIGNS[row.left.mark]} ${row.left.words.replace(' left', '')}`,
      row.renews.words.replace('renews ', ''),
      stateOf(row, columns),
      row.newest.replace('issued ', ''),
    ]),
  );
}

/** What is not as it is to be, or that all is. */
function stateOf({ cells }: MatrixRow, columns: readonly Column[]): string {
  const odd = cells.flatMap((cell, index) => {
    const { name = '', address = '' } = columns[index] ?? {};
    const said = [cell?.has, cell?.serves].filter((one) => one !== undefined && one !== null);
    const wrong = said.filter(({ mark }) => mark !== 'good' && mark !== 'idle');
    const who = name === 'VIP' ? `VIP ${address}` : name;
    return wrong.length === 0
      ? []
      : [`${SIGNS[wrong[0]?.mark ?? 'unknown']} ${who} ${wrong.map(({ words }) => words).join(', ')}`];
  });
  if (odd.length > 0) return odd.join('; ');
  const said = cells
    .flatMap((cell) => [cell?.has, cell?.serves])
    .filter((one) => one !== undefined && one !== null);
  const isEverywhere = said.length > 0 && said.every(({ mark }) => mark === 'good');
  return `${SIGNS.good} ${isEverywhere ? 'newest everywhere' : 'newest where probed'}`;
}

function complaintLines({ doctor }: Snapshot): readonly string[] {
  if (doctor.state !== 'run') return [];
  return doctor.run.complaints.map(({ check, result, message, code }) => {
    const [first] = message.split('\n');
    return `${SIGNS[result === 'fail' ? 'bad' : 'warn']} doctor: ${check}: ${first} [${code}]`;
  });
}

function eventLines({ events }: Snapshot): readonly string[] {
  if (events === null) return ['? the last events cannot be read'];
  if (events.length === 0) return [];
  const row = (event: LoggedEvent) => [
    secondOf(event.at).slice('2026-'.length),
    `${SIGNS[event.outcome === 'ok' ? 'good' : 'bad']} ${eventWords(event)}`,
    subjectOf(event) ?? '–',
    placeOf(event) ?? 'here',
    tookOf(event) ?? '–',
    event.outcome,
  ];
  return tableLines(['TIME, UTC', 'EVENT', 'OF', 'WHERE', 'TOOK', 'OUTCOME'], events.map(row));
}

/** As many lines of each block as there is room for: the last blocks give way first. */
function fit(blocks: readonly Block[], room: Room): readonly string[] {
  const shown = blocks.filter(({ lines }) => lines.length > 0);
  const kept = shown.map(({ lines }) => lines.length);
  if (room !== null) {
    // A line between blocks each, and the cursor's.
    let over = kept.reduce((sum, one) => sum + one + 1, 0) - room.rows;
    for (let index = shown.length - 1; index >= 0 && over > 0; index -= 1) {
      const given = Math.min(over, Math.max(0, (kept[index] ?? 0) - (shown[index]?.least ?? 0)));
      kept[index] = (kept[index] ?? 0) - given;
      over -= given;
    }
  }
  const fitting = shown.flatMap(({ lines }, index) => {
    const count = kept[index] ?? 0;
    // A head alone, or how many there would be, tells nothing.
    if (count === 0 || (count === 1 && lines.length > 1)) return [];
    const gap = index === 0 ? [] : [''];
    if (count === lines.length) return [...gap, ...lines];
    return [...gap, ...lines.slice(0, count - 1), `… and ${counted(lines.length - count + 1, 'more line')}`];
  });
  // The least of all is too much for a small terminal: log-update would cut off what stands above.
  if (room === null || fitting.length <= room.rows) return fitting;
  return [
    ...fitting.slice(0, room.rows - 1),
    `… and ${counted(fitting.length - room.rows + 1, 'more line')}`,
  ];
}
