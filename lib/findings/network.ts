import type { Area } from './area.ts';

/** Whom a connection was meant for. */
export interface Attempt {
  /** `node` and `vip`: the web server of one; `service`: another server there; `syncthing`: this node's; `receiver`: one that notify names; `name-server`: one of a zone */
  readonly who: 'node' | 'vip' | 'service' | 'agent' | 'ssh' | 'syncthing' | 'receiver' | 'name-server';
  /** null where it is not known */
  readonly port: number | null;
  /** the code by which the system, OpenSSL or undici calls it */
  readonly error: string;
}

/** A place where nothing had answered a moment before, and was not waited for as long as others. */
export interface ShortChance extends Pick<Attempt, 'who' | 'port'> {
  /** when nothing had answered, as an ISO 8601 time */
  readonly silentAt: string;
  readonly seconds: number;
}

/** Why a connection or an exchange failed. */
export const NETWORK = {
  'connection-refused': (attempt: Attempt) => at(attempt, `connection refused: ${QUESTIONS[attempt.who]}`),
  'connection-timed-out': (attempt: Attempt) => at(attempt, 'no answer: the connection timed out'),
  'no-route-to-host': (attempt: Attempt) => at(attempt, 'no route to host'),
  'network-unreachable': (attempt: Attempt) => at(attempt, 'network unreachable'),
  'host-is-down': (attempt: Attempt) => at(attempt, 'host is down'),
  'name-not-resolved': (attempt: Attempt) => at(attempt, 'the name does not resolve'),
  'name-not-resolved-now': (attempt: Attempt) => at(attempt, 'the name does not resolve now'),
  'no-answer-in-time': (attempt: Attempt) => at(attempt, 'no answer in time'),
  'connection-reset': (attempt: Attempt) => at(attempt, 'the connection was reset'),
  'connection-closed': (attempt: Attempt) => at(attempt, 'the connection was closed'),
  'answer-cut-off': (attempt: Attempt) =>
    at(attempt, 'the connection was closed before the answer was complete'),
  'connected-without-answer': (attempt: Attempt) => at(attempt, 'connected, but no answer in time'),
  'answer-stopped': (attempt: Attempt) => at(attempt, 'the answer stopped half-way'),
  'answer-headers-too-long': (attempt: Attempt) => at(attempt, 'the answer has too many headers'),
  'answer-too-long': (attempt: Attempt) => at(attempt, 'the answer is too long'),
  'not-http': (attempt: Attempt) => at(attempt, `what answers does not speak HTTP (${attempt.error})`),
  'tls-handshake-failed': (attempt: Attempt) => at(attempt, `the TLS handshake failed (${attempt.error})`),
  'network-error': (attempt: Attempt) => at(attempt, attempt.error),
} satisfies Area;

/** Why nobody waited longer for an answer. */
export const SHORT_CHANCES = {
  'short-chance': ({ silentAt, seconds, ...attempt }: ShortChance) =>
    at(attempt, `no answer; was silent at ${clockOf(silentAt)}, so it was waited for ${seconds} s only`),
} satisfies Area;

/** `03:12`, as this host's clock shows it. */
function clockOf(time: string): string {
  const date = new Date(time);
  const two = (part: number) => String(part).padStart(2, '0');
  return Number.isNaN(date.getTime()) ? time : `${two(date.getHours())}:${two(date.getMinutes())}`;
}

const QUESTIONS = {
  node: 'is the web server running?',
  vip: "does its holder's web server listen on it?",
  service: 'is what certificates.lineages names running, and listening on this address?',
  agent: 'is certbot-ha-agent running there?',
  ssh: 'is sshd running there?',
  syncthing: 'is it running, and is syncthing.url its address?',
  receiver: 'is it running, and does a firewall let this host reach it?',
  'name-server': 'is a name server running there, and listening on this address?',
} satisfies Readonly<Record<Attempt['who'], string>>;

const WHOSE = {
  node: '',
  vip: '',
  service: '',
  agent: 'agent ',
  ssh: 'ssh: ',
  syncthing: 'syncthing: ',
  receiver: '',
  'name-server': '',
} satisfies Readonly<Record<Attempt['who'], string>>;

function at({ who, port }: Pick<Attempt, 'who' | 'port'>, what: string): string {
  const whose = WHOSE[who];
  return port === null ? `${who === 'ssh' ? whose : ''}${what}` : `${whose}port ${port}: ${what}`;
}
