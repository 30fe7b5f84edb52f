import { visible } from '../base/print.ts';
import type { KnownTrouble } from '../state/notified.ts';
import type { News } from './news.ts';

/** What is sent, in all the forms that a receiver may take. */
export interface Message {
  /** one line of ASCII */
  readonly subject: string;
  readonly text: string;
  /** as JSON: docs/notify.md has its form */
  readonly json: string;
  /** false: it is only of what is over, or a test */
  readonly isBad: boolean;
}

/** Nobody reads more of one message, and some receivers take no more. */
const MAX_LINES = 40;
const MAX_CHARS = 3_000;
/** The same of JSON: a web server takes a megabyte as a rule, and some take a tenth of it. */
const MAX_DOCUMENTS = 100;
const MAX_MESSAGE_CHARS = 500;

/** Titles, empty lines and what stands below, at most. */
const FRAME_LINES = 8;
const FRAME_CHARS = 150;

/** How many of these a message of text has room for, one at least: of one alone that is too long its beginning is sent. */
export function fittingText(known: readonly KnownTrouble[]): number {
  let [lines, chars] = [FRAME_LINES, FRAME_CHARS];
  const next = known.findIndex((one) => {
    const text = lineOf(one);
    lines += text.split('\n').length;
    chars += text.length + 1;
    return lines > MAX_LINES || chars > MAX_CHARS;
  });
  return next === -1 ? known.length : Math.max(1, next);
}

/** How many of these a message of JSON has room for: some web servers take no more bytes. */
export function fittingJson(known: readonly KnownTrouble[]): number {
  return Math.min(known.length, MAX_DOCUMENTS);
}

/** The message that tells what is news. @param node who tells it */
export function newsMessage(node: string, { fresh, ongoing, over, left }: News): Message {
  const parts = [
    ['New', fresh],
    ['Ongoing', ongoing],
    ['Over', over],
  ] as const;
  const told = parts.filter(([, known]) => known.length > 0);
  const counts = told.map(([title, known]) => `${known.length} ${title.toLowerCase()}`).join(', ');
  const lines = told.flatMap(([title, known]) => [`${title}:`, ...known.map(lineOf), '']);
  const isBad = fresh.length + ongoing.length > 0;
  const more = left === 0 ? [] : [`${left} more in the next message`];
  const lists = { new: documents(fresh), ongoing: documents(ongoing), over: documents(over) };
  return {
    subject: `certbot-ha on ${node}: ${counts}`,
    text: shortened([...lines, ...more, 'How it is now: certbot-ha status --check']),
    json: jsonOf('news', node, { ...lists, left }),
    isBad,
  };
}

/** How the cluster is now, for a monitor that hears of it at every run. */
export function stateMessage(node: string, confirmed: readonly KnownTrouble[]): Message {
  const isBad = confirmed.length > 0;
  const subject = isBad
    ? `certbot-ha on ${node}: ${confirmed.length} ongoing`
    : `certbot-ha on ${node}: nothing needs anybody`;
  const text = shortened(isBad ? confirmed.map(lineOf) : [subject]);
  return {
    subject,
    text,
    json: jsonOf('state', node, { ongoing: documents(confirmed.slice(0, MAX_DOCUMENTS)) }),
    isBad,
  };
}

export function testMessage(node: string): Message {
  const subject = `certbot-ha on ${node}: test`;
  const text = 'This is a test. Failures, recoveries and expiry will be told in this way.';
  return { subject, text, json: jsonOf('test', node, {}), isBad: false };
}

function lineOf({ who, message, code }: KnownTrouble): string {
  const [first = '', ...more] = message.split('\n');
  const line = `${who === null ? '' : `${who}: `}${first} [${code}]`;
  return [line, ...more.map((one) => `  ${one}`)].join('\n');
}

function documents(known: readonly KnownTrouble[]) {
  return known.map(({ who, code, message, since }) => ({ who, code, message: cut(message), since }));
}

function cut(message: string): string {
  return message.length > MAX_MESSAGE_CHARS ? `${message.slice(0, MAX_MESSAGE_CHARS)}…` : message;
}

function jsonOf(event: 'news' | 'state' | 'test', node: string, lists: object): string {
  const none = { new: [], ongoing: [], over: [], left: 0 };
  return visible(JSON.stringify({ event, node, at: new Date().toISOString(), ...none, ...lists }));
}

function shortened(parts: readonly string[]): string {
  const lines = parts.join('\n').split('\n');
  const shown = lines.slice(0, MAX_LINES).join('\n');
  const isWhole = lines.length <= MAX_LINES && shown.length <= MAX_CHARS;
  return isWhole ? shown : `${shown.slice(0, MAX_CHARS)}\n… and more: certbot-ha status --check`;
}
