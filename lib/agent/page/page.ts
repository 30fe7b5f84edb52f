import { html } from 'ghtml';
import { documentOf } from './document.ts';
import { headlineOf } from './facts.ts';
import {
  attentionSection,
  doctorSection,
  eventsSection,
  factsList,
  notesSection,
  outstandingSection,
} from './sections.ts';
import { rowsOf, type MatrixRow } from './matrix.ts';
import type { Snapshot } from './snapshot.ts';
import { lineagesSection } from './table-section.ts';
import { awayOf, secondOf, SIGNS } from './words.ts';

/** How often the page asks again, in seconds: a look takes a moment, and another one begins every 10 s at most. */
const [NEXT_S, NEXT_WHILE_ASKING_S] = [10, 2];

/** The status page, whole. Every name and message in it is text, whoever it is from. */
export function renderPage(snapshot: Snapshot): string {
  const { node, isLooking } = snapshot;
  const rows = rowsOf(snapshot);
  const { mark, words } = headlineOf(snapshot, rows);
  return documentOf({
    title: `${SIGNS[mark]} ${words} · ${node} · certbot-ha`,
    mark,
    next: isLooking ? NEXT_WHILE_ASKING_S : NEXT_S,
    lost: `${node} does not answer any more: what is shown is how it was`,
    body: html`<header>
        <h1>certbot-ha on ${node}</h1>
        <p id="state" class="state ${mark}" role="status">
          <span class="sign" aria-hidden="true">${SIGNS[mark]}</span> ${words}
        </p>
        <p id="age" class="dim">${ageOf(snapshot)}</p>
        <p id="lost" class="state warn" role="alert" hidden></p>
      </header>
      <main>!${partsOf(snapshot, rows).map((part) => html`<div>!${part}</div> `)}</main>
      !${footerOf(snapshot)}`,
  });
}

/** Each is always there, be it empty: what updates the page goes by the places of things. */
function partsOf(snapshot: Snapshot, rows: readonly MatrixRow[]): readonly string[] {
  return [
    attentionSection(snapshot),
    factsList(snapshot),
    lineagesSection(snapshot, rows),
    outstandingSection(snapshot),
    doctorSection(snapshot),
    eventsSection(snapshot),
    notesSection(snapshot),
  ];
}

function ageOf({ node, survey, isLooking, nowMs }: Snapshot): string {
  if (survey === null)
    return isLooking
      ? 'This is the first look since the agent has started or was reloaded. It takes some seconds, and half a minute at most where nodes do not answer. This page shows it then by itself.'
      : 'There has been no look at the cluster yet.';
  return `The cluster as ${node} saw it ${awayOf(survey.at, nowMs)}, at ${secondOf(survey.at)} UTC.${survey.isCutOff ? ' There was no time to see everything: what was not seen is unknown.' : ''}${isLooking ? ' A new look is under way.' : ''}`;
}

function footerOf({ version, nowMs }: Snapshot): string {
  return html`<footer>
    <p>
      certbot-ha ${version}. Made at ${secondOf(new Date(nowMs).toISOString())} UTC. The same in a terminal:
      certbot-ha status --watch
    </p>
  </footer>`;
}
