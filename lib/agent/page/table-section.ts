import { html } from 'ghtml';
import { columnsOf, type Cell, type Column, type MatrixRow, type Said } from './matrix.ts';
import { unseen } from './facts.ts';
import type { Snapshot } from './snapshot.ts';
import { dayOf, SIGNS, type Mark } from './words.ts';

/** Beyond that a page is no help: the command line has options. */
const MAX_ROWS = 300;

/** Lineages as rows, nodes and VIPs as columns. */
export function lineagesSection(snapshot: Snapshot, rows: readonly MatrixRow[]): string {
  const { survey, trouble } = snapshot;
  if (survey === null)
    return section(
      'lineages',
      'Certificates',
      html`<p>!${marked('unknown', unseen(trouble).lines.join())}</p>`,
    );
  const columns = columnsOf(survey);
  const table = html`<div class="region" role="region" tabindex="0" aria-labelledby="h-lineages">
    <table class="matrix">
      <thead>
        <tr>
          <th scope="col"><span class="what">Certificate</span></th>
          <th scope="col">Time left</th>
          !${columns.map(headOf)}
        </tr>
      </thead>
      <tbody>
        !${rows.slice(0, MAX_ROWS).map((row) => rowOf(row, columns))}!${rows.length === 0 ? noRow(columns.length) : ''}
      </tbody>
    </table>
  </div>`;
  const more = rows.length - MAX_ROWS;
  return section(
    'lineages',
    'Certificates',
    html`!${table} !${more > 0 ? html`<p class="more">and ${more} more: certbot-ha status</p>` : ''}
    !${rows.length === 0 ? nothingYet(snapshot) : legend()}`,
  );
}

/** A part of the page, with its heading. */
export function section(id: string, title: string, content: string): string {
  return html`<section id="${id}">
    <h2 id="h-${id}">${title}</h2>
    !${content}
  </section> `;
}

/** A sign and words in its colour. */
export function marked(mark: Mark, words: string): string {
  return html`<span class="${mark}"
    ><span class="sign" aria-hidden="true">${SIGNS[mark]}</span> ${words}</span
  >`;
}

/** The same where only the sign has the colour. */
export function signed(mark: Mark, words: string): string {
  return html`<span class="sign ${mark}" aria-hidden="true">${SIGNS[mark]}</span> ${words}`;
}

function headOf({ name, address, mark, notes }: Column): string {
  return html`<th scope="col">
    !${breakable(name)} <span class="dim">${address}</span>!${notes.map((note, index) =>
      index === notes.length - 1
        ? html`<span class="dim">!${marked(mark, note)}</span>`
        : html`<span class="dim">${note}</span>`,
    )}
  </th>`;
}

function rowOf(
  { lineage, newest, left, renews, notAfter, cells }: MatrixRow,
  columns: readonly Column[],
): string {
  return html`<tr>
    <th scope="row">
      <div class="name">!${breakable(lineage)} <span class="dim">newest ${newest}</span></div>
    </th>
    <td class="nowrap">
      !${said(left)}<span class="dim">until ${dayOf(notAfter)}</span
      >!${renews.mark === 'idle' ? html`<span class="dim">${renews.words}</span>` : said(renews)}
    </td>
    !${cells.map((cell, index) => cellOf(cell, columns[index]))}
  </tr> `;
}

/** A long name breaks behind its dots first. */
function breakable(name: string): string {
  return name
    .split('.')
    .map((label) => html`${label}`)
    .join('.<wbr>');
}

function noRow(columns: number): string {
  return html`<tr>
    <th scope="row"><div class="name">none yet</div></th>
    <td colspan="${columns + 1}"></td>
  </tr>`;
}

function cellOf(cell: Cell | null, column: Column | undefined): string {
  if (cell === null)
    return html`<td>
      !${said({ mark: 'idle', words: column?.isDrained === true ? 'drained' : 'not asked' })}
    </td>`;
  return html`<td>!${cell.has === null ? '' : said(cell.has)}!${said(cell.serves)}</td>`;
}

function said({ mark, words }: Said): string {
  return html`<span class="${mark}">${SIGNS[mark]} ${words}</span>`;
}

function nothingYet({ node }: Pick<Snapshot, 'node'>): string {
  return html`<p class="next">
      Nothing has been issued yet. To do so, as root on the node that holds the VIP:
    </p>
    <ol>
      <li>
        <code>certbot-ha drill www.example.com</code> tries the way of a challenge, with the name that is to
        have a certificate. The CA is not asked.
      </li>
      <li>
        <code>certbot-ha certonly -d www.example.com --dry-run</code> tries it with the CA's test server.
      </li>
      <li>
        <code>certbot-ha certonly -d www.example.com</code> gets the certificate and brings it to every node.
        ${node} shows it here then.
      </li>
    </ol>`;
}

function legend(): string {
  return html`<p class="legend">
    <b>has</b>: the certificate that is installed on the node. <b>serves</b>: the one that is shown to who
    asks for its first name. <b>another</b>: an older one, or another of that name. <b>foreign</b>: none of
    this certificate. <b>not probed</b>: nobody looks there, as the configuration says.
  </p>`;
}
