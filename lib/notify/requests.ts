import type { Receiver } from '../cluster/receivers.ts';
import type { Message } from './text.ts';

/** One request, as each kind of receiver has it. */
export interface ReceiverRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

type UrlReceiver = Extract<Receiver, { readonly url: unknown }>;

/** Uptime Kuma shows it in a row of a table. */
const MAX_KUMA_CHARS = 200;

/** What a receiver of this kind is sent at this URL. */
export function requestFor(kind: UrlReceiver['kind'], given: URL, message: Message): ReceiverRequest {
  const url = new URL(given);
  const headers = { 'user-agent': 'certbot-ha', ...authorization(url) };
  [url.username, url.password] = ['', ''];
  switch (kind) {
    case 'webhook':
      return { method: 'POST', url, headers: { ...headers, ...JSON_TYPE }, body: message.json };
    case 'slack':
      return { method: 'POST', url, headers: { ...headers, ...JSON_TYPE }, body: slackBody(message) };
    case 'ntfy':
      return { method: 'POST', url, headers: { ...headers, ...ntfyHeaders(message) }, body: message.text };
    case 'healthchecks':
      if (message.isBad) url.pathname = `${url.pathname.replace(/\/$/, '')}/fail`;
      return { method: 'POST', url, headers: { ...headers, ...TEXT_TYPE }, body: message.text };
    case 'uptimeKuma':
      url.searchParams.set('status', message.isBad ? 'down' : 'up');
      url.searchParams.set('msg', message.text.slice(0, MAX_KUMA_CHARS));
      return { method: 'GET', url, headers };
    default:
      return kind satisfies never;
  }
}

const JSON_TYPE = { 'content-type': 'application/json' };
const TEXT_TYPE = { 'content-type': 'text/plain; charset=utf-8' };

/** A user and a password in the URL are sent as such, and not as a part of it. */
function authorization({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {};
  const pair = `${decoded(username)}:${decoded(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** A percent sign that escapes nothing is one. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function slackBody({ subject, text }: Message): string {
  // Of what is in angle brackets, Slack makes links, and calls everybody.
  const plain = `${subject}\n${text}`
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
  return JSON.stringify({ text: plain });
}

function ntfyHeaders({ subject, isBad }: Message): Readonly<Record<string, string>> {
  return {
    ...TEXT_TYPE,
    title: subject,
    priority: isBad ? 'high' : 'default',
    tags: isBad ? 'warning' : 'white_check_mark',
  };
}
