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

/** The message that tells what is news. @param node who tells it */
export function newsMessage(node: string, { fresh, ongoing, over }: News): Message {
  const parts = [
    ['New', fresh],
    ['Ongoing', ongoing],
    ['Over', over],
  ] as const;
  const told = parts.filter(([, known]) => known.length > 0);
  const counts = told.map(([title, known]) => `${known.length} ${title.toLowerCase()}`).join(', ');
  const lines = told.flatMap(([title, known]) => [`${title}:`, ...known.map(lineOf), '']);
  const isBad = fresh.length + ongoing.length > 0;
  return {
    subject: `certbot-ha on ${node}: ${counts}`,
    text: shortened([...lines, 'How it is now: certbot-ha status --check']),
    json: jsonOf('news', node, { new: documents(fresh), ongoing: documents(ongoing), over: documents(over) }),
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
  return { subject, text, json: jsonOf('state', node, { ongoing: documents(confirmed) }), isBad };
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
  return known.map(({ who, code, message, since }) => ({ who, code, message, since }));
}

function jsonOf(event: 'news' | 'state' | 'test', node: string, lists: object): string {
  const none = { new: [], ongoing: [], over: [] };
  return visible(JSON.stringify({ event, node, at: new Date().toISOString(), ...none, ...lists }));
}

function shortened(parts: readonly string[]): string {
  const lines = parts.join('\n').split('\n');
  const shown = lines.slice(0, MAX_LINES).join('\n');
  const isWhole = lines.length <= MAX_LINES && shown.length <= MAX_CHARS;
  return isWhole ? shown : `${shown.slice(0, MAX_CHARS)}\n… and more: certbot-ha status --check`;
}
