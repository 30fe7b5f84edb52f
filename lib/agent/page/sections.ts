import { html } from 'ghtml';
import { eventWords, placeOf, subjectOf, tookOf } from '../../state/event-words.ts';
import { factsOf, type Fact } from './facts.ts';
import type { LoggedEvent } from '../../state/event.ts';
import type { Snapshot, Told } from './snapshot.ts';
import { marked, section, signed } from './table-section.ts';
import { awayOf, minuteOf, secondOf, SIGNS } from './words.ts';

/** Of each list: where a whole cluster is away, each of its lineages is in trouble on each node. */
const MAX_ITEMS = 50;

/** What needs somebody, each with what there is to do. */
export function attentionSection({ survey }: Snapshot): string {
  if (survey === null || survey.troubles.length === 0) return '';
  const list = listOf(survey.troubles, 'certbot-ha status --check', ({ who, found }) =>
    itemOf(found, 'bad', who),
  );
  return section('attention', 'To look at', list);
}

export function factsList(snapshot: Snapshot): string {
  return html`<dl class="facts">!${factsOf(snapshot).map(factOf)}</dl>`;
}

function factOf({ title, mark, lines: [first = '', ...more] }: Fact): string {
  return html`<div>
    <dt>${title}</dt>
    <dd>!${marked(mark, first)}</dd>
    !${more.map((line) => html`<dd class="dim">${line}</dd>`)}
  </div> `;
}

export function outstandingSection({ node, survey, nowMs }: Snapshot): string {
  if (survey === null || survey.outstanding.length === 0) return '';
  const list = listOf(
    survey.outstanding,
    'certbot-ha status',
    ({ node: to, lineage, since, reason }) =>
      html`<li>
        !${signed('warn', `${lineage} to ${to}`)}
        <span class="dim">since ${minuteOf(since)}, ${awayOf(since, nowMs)}</span>!${messageOf(reason)}
      </li> `,
  );
  return section('outstanding', `Outstanding: what ${node} has still to deliver`, list);
}

export function doctorSection({ node, doctor }: Snapshot): string {
  if (doctor.state !== 'run' || doctor.run.complaints.length === 0) return '';
  const { complaints, at } = doctor.run;
  const list = listOf(complaints, 'certbot-ha doctor', (complaint) =>
    itemOf(complaint, complaint.result === 'fail' ? 'bad' : 'warn', complaint.check),
  );
  return section('doctor', `Doctor's complaints on ${node}, ${minuteOf(at)}`, list);
}

export function notesSection({ survey }: Snapshot): string {
  if (survey === null || survey.notes.length === 0) return '';
  return section(
    'notes',
    'Notes',
    listOf(survey.notes, 'certbot-ha status', (found) => itemOf(found, 'idle', null)),
  );
}

/** The first of them. @param rest what shows the others */
function listOf<T>(items: readonly T[], rest: string, itemOfOne: (one: T) => string): string {
  const more = items.length - MAX_ITEMS;
  return html`<ul>
      !${items.slice(0, MAX_ITEMS).map(itemOfOne)}
    </ul>
    !${more > 0 ? html`<p class="more">and ${more} more: ${rest}</p>` : ''}`;
}

function itemOf(found: Told, mark: 'bad' | 'warn' | 'idle', who: string | null): string {
  const [first = '', ...more] = found.message.split('\n');
  const line = who === null ? first : `${who}: ${first}`;
  return html`<li>
    !${signed(mark, line)}
    <span class="dim">[${found.code}]</span
    >!${more.length === 0 ? '' : html`<p class="more mono">${more.join('\n')}</p>`}
  </li> `;
}

function messageOf({ message, code }: Told): string {
  return html`<p class="more">${message} <span class="dim">[${code}]</span></p>`;
}

export function eventsSection({ node, events }: Snapshot): string {
  const title = `Last events on ${node}`;
  if (events === null) return section('events', title, html`<p>unknown: they cannot be read</p>`);
  if (events.length === 0) return section('events', title, html`<p>none yet</p>`);
  return section(
    'events',
    title,
    html`<div class="region" role="region" tabindex="0" aria-labelledby="h-events">
      <table class="events">
        <thead>
          <tr>
            <th scope="col">Time, UTC</th>
            <th scope="col">Event</th>
            <th scope="col">Outcome</th>
            <th scope="col">Of</th>
            <th scope="col">Where</th>
            <th scope="col">Took</th>
          </tr>
        </thead>
        <tbody>
          !${events.map(eventRow)}
        </tbody>
      </table>
    </div>`,
  );
}

function eventRow(event: LoggedEvent): string {
  const { at, program, outcome } = event;
  const isOk = outcome === 'ok';
  return html`<tr>
    <td class="nowrap">${secondOf(at)}</td>
    <td>${eventWords(event)} <span class="dim">by ${program}</span></td>
    <td class="${isOk ? 'good' : 'bad'}">${SIGNS[isOk ? 'good' : 'bad']} ${outcome}</td>
    <td>${subjectOf(event) ?? '–'}</td>
    <td>${placeOf(event) ?? 'here'}</td>
    <td class="nowrap">${tookOf(event) ?? '–'}</td>
  </tr> `;
}
