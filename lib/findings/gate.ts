import { quoted, some, type Area } from './area.ts';
import { NETWORK } from './network.ts';

/** Who answered with a status, and where, if it was not port 80. */
interface Answerer {
  /** the answer's Server header; empty when it has none */
  readonly server: string;
  /** `https://www.example.com` where a redirect has led there */
  readonly origin: string | null;
}

interface Redirect {
  readonly to: string;
  readonly why: 'no URL' | 'scheme' | 'port' | 'address' | 'slash' | 'suffix' | 'length';
}

/** A redirect that was followed to where no answer comes from. */
interface DeadEnd {
  /** `https://www.example.com` */
  readonly to: string;
  readonly port: number;
  readonly seen: keyof typeof NETWORK;
  readonly error: string;
}

interface Elsewhere {
  readonly name: string;
  readonly addresses: readonly string[];
}

/** What the CA will see of a name in DNS. */
export const NAMES = {
  'name-leads-elsewhere': ({ name, addresses }: Elsewhere) =>
    `${name} leads to ${some(addresses)}, which is neither a node nor a VIP: the CA asks there (behind NAT that may be right)`,
  'aaaa-leads-elsewhere': ({ name, addresses }: Elsewhere) =>
    `${name} has an AAAA record, ${some(addresses)}, which is neither a node nor a VIP: the CA asks by IPv6 first`,
  'name-without-address': ({ name }: { readonly name: string }) =>
    `${name} has no address: the CA will not find it`,
  'name-not-looked-up': ({ name, seconds }: { readonly name: string; readonly seconds: number }) =>
    `${name} could not be looked up within ${seconds} s: where the CA will ask is not known`,
} satisfies Area;

/** These cannot give 404 where they reach nobody. nginx gives it for the agent, so that its 502 is another program's. */
const PASSES_ON = /^(?:apache|caddy)/i;
const BEHIND = ': is certbot-ha-agent down there? it is asked for a challenge that the node lacks';

/** What a target serves, or does not: challenges. */
export const GATE = {
  drained: () => 'drained, left out',
  'on-standby': () => 'not probed: runsOn is holder: it runs on the holder of the VIP only',
  'served-nowhere': () => 'not probed: by certificates.lineages, it is served on no port',
  'no-time-left': () => 'no answer before the time was over',
  'token-not-found': (answerer: Answerer) =>
    `404${from(answerer)}: is the acme-challenge location in its configuration?`,
  'token-forbidden': (answerer: Answerer) =>
    `403${from(answerer)}: may its user read the webroot? does a line such as "location ~ /\\. { deny all; }" apply?`,
  'token-behind-password': (answerer: Answerer) =>
    `401${from(answerer)}: it asks for a password: does the acme-challenge location lack "auth_basic off;"?`,
  'other-site-answers': ({ title, ...answerer }: Answerer & { readonly title: string }) =>
    `404${from(answerer)} of another site, ${quoted(title)}: does a server with this server_name have the acme-challenge location?`,
  'page-instead-of-token': ({ title, ...answerer }: Answerer & { readonly title: string }) =>
    `a page${from(answerer)}, ${quoted(title)}: does a line such as "try_files $uri /index.html" or "proxy_pass" come before the acme-challenge location?`,
  'redirected-to-login': ({ to, status }: { readonly to: string; readonly status: number }) =>
    `redirected to a login, ${to} (${status}): does "auth_request" or a "return 302" apply to the acme-challenge location?`,
  'redirected-to-page': ({ to, title }: { readonly to: string; readonly title: string }) =>
    `redirected to a page, ${to}, ${quoted(title)}: does a "return 301" or "Redirect" apply to the acme-challenge location?`,
  'closed-without-answer': ({ port }: { readonly port: number }) =>
    `port ${port}: the connection was closed without an answer: does a "return 444" apply, or is gate.proxyProtocol missing?`,
  'proxy-header-refused': ({ port, ...answerer }: Answerer & { readonly port: number }) =>
    `port ${port}: 400${from(answerer)}: does it expect no PROXY protocol header? gate.proxyProtocol is true`,
  'unexpected-status': ({ status, ...answerer }: Answerer & { readonly status: number }) =>
    `${status}${from(answerer)}${status >= 502 && status <= 504 && PASSES_ON.test(answerer.server) ? BEHIND : ''}`,
  'body-differs': ({ expected, got }: { readonly expected: string; readonly got: string }) =>
    `body differs: expected ${quoted(expected)}, got ${quoted(got)}`,
  'body-too-long': ({ maxBytes }: { readonly maxBytes: number }) =>
    `the body is ${maxBytes} bytes or more, which the CA refuses`,
  'answer-too-slow': ({ seconds }: { readonly seconds: number }) => `no complete answer within ${seconds} s`,
  'redirect-not-followed': ({ to, why }: Redirect) => {
    switch (why) {
      case 'no URL':
        return `redirects to ${quoted(to)}, which is no URL`;
      case 'scheme':
        return `redirects to ${to}: only http and https are followed`;
      case 'port':
        return `redirects to port ${to}: the CA follows to ports 80 and 443 only`;
      case 'address':
        return `redirects to the address ${to}, which is reserved: the CA does not connect to it`;
      case 'slash':
        return `redirects to the host ${to}: is a slash missing at the end of the redirect's target?`;
      case 'suffix':
        return `redirects to the host ${to}: the CA follows to names of public DNS only`;
      case 'length':
        return 'redirects to a path of more than 2000 bytes';
    }
  },
  'redirect-circle': ({ to }: { readonly to: string }) => `redirects in a circle: ${to}`,
  'redirect-leads-nowhere': ({ to, port, seen, error }: DeadEnd) =>
    `redirected to ${to}: ${NETWORK[seen]({ who: 'node', port, error })}`,
  'too-many-redirects': ({ max }: { readonly max: number }) => `more than ${max} redirects`,
} satisfies Area;

interface OtherCertificate {
  readonly serial: string;
  /** null where it does not matter */
  readonly notBefore: string | null;
  /** what may be the reason; null where nobody has asked for the new one yet */
  readonly since: 'reload' | 'configuration' | null;
}

/** What a server says where it is asked to turn to TLS. */
interface InClear {
  readonly port: number;
  /** smtp, imap … */
  readonly protocol: string;
  readonly answer: string;
}

interface NotInUse {
  readonly port: number;
  readonly seen:
    | 'other-names-served'
    | 'other-lineage-served'
    | 'other-certificate-served'
    | 'connection-refused'
    | 'connection-timed-out'
    | 'no-tls'
    | 'tls-refused'
    | 'tls-handshake-failed';
  /** of the certificate that is served in its place; empty when none is */
  readonly names: readonly string[];
  /** the TLS alert, if there was one */
  readonly alert: string;
  /** of a certificate of this name that nobody knows; null: it is none */
  readonly serial: string | null;
  readonly notBefore: string | null;
}

/** What a target serves, or does not: certificates. */
export const CERTIFICATE_GATE = {
  'other-certificate-served': ({ serial, notBefore, since }: OtherCertificate) => {
    const which = notBefore === null ? `serial ${serial}` : `serial ${serial}, not before ${notBefore}`;
    const question = {
      reload: ': has it been reloaded?',
      configuration: ': does its configuration name the new one?',
    };
    return `serves another certificate of this name (${which})${since === null ? '' : question[since]}`;
  },
  'other-names-served': ({ names }: { readonly names: readonly string[] }) =>
    `serves a certificate for other names (${some(names)}): does its configuration name this lineage?`,
  'no-tls': ({ port }: { readonly port: number }) => `port ${port}: does not speak TLS`,
  'tls-refused': ({ port, alert }: { readonly port: number; readonly alert: string }) =>
    `port ${port}: refuses the handshake for this name (TLS alert: ${alert})`,
  'tls-handshake-slow': ({ port, seconds }: { readonly port: number; readonly seconds: number }) =>
    `port ${port}: connected, but no TLS handshake within ${seconds} s`,
  'starttls-refused': ({ port, protocol, answer }: InClear) =>
    `port ${port}: refuses STARTTLS over ${protocol}: ${quoted(answer)}: does it have a certificate?`,
  'starttls-not-spoken': ({ port, protocol, answer }: InClear) =>
    `port ${port}: does not speak ${protocol}: ${quoted(answer)}: is starttls right in certificates.lineages?`,
  'turned-away': ({ port, protocol, answer }: InClear) =>
    `port ${port}: refuses this node before STARTTLS over ${protocol}: ${quoted(answer)}`,
  'starttls-slow': ({ port, protocol, seconds }: Omit<InClear, 'answer'> & { readonly seconds: number }) =>
    `port ${port}: connected, but no STARTTLS over ${protocol} within ${seconds} s: is starttls right in certificates.lineages?`,
  'not-in-use': ({ port, seen, names, alert, serial, notBefore }: NotInUse) => {
    const what = {
      'other-names-served': `serves a certificate for other names (${some(names)})`,
      'other-lineage-served': `serves the certificate of another lineage for this name (${some(names)})`,
      'other-certificate-served': `serves a certificate of this name that is none of this lineage (serial ${serial}, not before ${notBefore}): does its configuration name this lineage?`,
      'connection-refused': `port ${port}: connection refused`,
      'connection-timed-out': `port ${port}: no answer`,
      'no-tls': `port ${port}: does not speak TLS`,
      'tls-refused': `port ${port}: refuses the handshake for this name (TLS alert: ${alert})`,
      'tls-handshake-failed': `port ${port}: shows no certificate`,
    }[seen];
    return `not in use there: ${what}`;
  },
} satisfies Area;

function from({ server, origin }: Answerer): string {
  return `${server && ` from ${server}`}${origin === null ? '' : ` at ${origin}`}`;
}
