import type { Config } from '../cluster/config.ts';
import { byHand, typed, type Step } from '../findings/step.ts';
import { defaultCommands, type WebServerKind } from '../webserver/kinds.ts';

/** What is typed at a web server. */
export interface WebServerSteps {
  readonly reload: string;
  readonly status: string;
  /** where nothing answers on the port: it may run, and not listen there */
  readonly listens: (port: number) => readonly Step[];
  /** puts in place the part of its configuration that challenges need, or says where it belongs */
  readonly location: readonly Step[];
}

/** A file that is another one is named, and stays. */
const LOCATIONS: Readonly<Record<WebServerKind, (ha: string) => readonly Step[]>> = {
  nginx: (ha) => [
    ...typed(`${ha} snippet nginx --write`),
    ...byHand('in each server for port 80: include snippets/certbot-ha.conf;'),
    ...typed('nginx -t && systemctl reload nginx'),
  ],
  apache: (ha) => typed(`${ha} snippet apache --write`),
  caddy: (ha) => [
    ...typed(`${ha} snippet caddy --write`),
    ...byHand('in each site for http:// in /etc/caddy/Caddyfile: import certbot-ha.caddy'),
    ...typed('systemctl reload caddy'),
  ],
  haproxy: (ha) => [
    ...typed(`${ha} snippet haproxy`),
    ...byHand('put what it prints into /etc/haproxy/haproxy.cfg'),
    ...typed('haproxy -c -f /etc/haproxy/haproxy.cfg && systemctl reload haproxy'),
  ],
  none: () => typed('ss -ltnp'),
};

/** Of each kind, as its distribution has it. */
export function webServerSteps(
  ha: string,
  kind: WebServerKind,
  runsOn: Config['webServer']['runsOn'] = 'all',
): WebServerSteps {
  const { test, reload } = defaultCommands(kind, true);
  const unit = reload?.at(-1);
  // A standby is not to be started: keepalived does so.
  const verb = runsOn === 'all' ? 'systemctl start' : 'systemctl status';
  return {
    reload:
      [test, reload].flatMap((command) => (command === null ? [] : [command.join(' ')])).join(' && ') ||
      'ss -ltnp',
    listens: (port) => {
      const show = `ss -ltnp 'sport = :${port}'`;
      if (unit === undefined) return typed(show);
      return [
        ...typed(`${verb} ${unit}; ${show}`),
        ...byHand(
          `if ${unit} runs, and nothing listens on port ${port}: configure a site that listens there`,
        ),
      ];
    },
    status: unit === undefined ? 'ss -ltnp' : `${verb} ${unit}; ss -ltnp`,
    location: LOCATIONS[kind](ha),
  };
}
