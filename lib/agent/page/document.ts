import { createHash } from 'node:crypto';
import { html } from 'ghtml';
import { LIVE } from './live.ts';
import { STYLE } from './style.ts';
import { SIGNS, type Mark } from './words.ts';

interface PageParts {
  readonly title: string;
  readonly mark: Mark;
  /** seconds after which the page is to be asked for again */
  readonly next: number;
  /** what the page says of itself when nobody answers any more */
  readonly lost: string;
  /** markup */
  readonly body: string;
}

const ICON_COLOURS: Readonly<Record<Mark, string>> = {
  good: '#1a7f37',
  warn: '#9a5b00',
  bad: '#b3141c',
  unknown: '#5b6570',
  idle: '#5b6570',
};

/** What the page may load: nothing. Its own style and script are known by their hashes, and it asks its own origin only. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `script-src ${hashOf(LIVE)}`,
  `style-src ${hashOf(STYLE)}`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export const PAGE_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/** The document around the page's body. */
export function documentOf({ title, mark, next, lost, body }: PageParts): string {
  return printed(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <title>${title}</title>
          <link rel="icon" href="${iconOf(mark)}" />
          !${`<style>${STYLE}</style>`}
          <noscript><meta http-equiv="refresh" content="${next}" /></noscript>
        </head>
        <body data-next="${next}" data-lost="${lost}">
          !${body} !${`<script>${LIVE}</script>`}
        </body>
      </html> `,
  );
}

function iconOf(mark: Mark): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="8" fill="${ICON_COLOURS[mark]}"/><text x="8" y="12" text-anchor="middle" font-family="sans-serif" font-size="11" font-weight="bold" fill="#fff">${SIGNS[mark]}</text></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** Nothing in it turns the text about or is invisible, whoever has written it. */
function printed(markup: string): string {
  return markup.replaceAll(/[^\P{Cc}\n]|\p{Cf}/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
}
