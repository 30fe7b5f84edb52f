import { defaultCommands, type WebServerKind } from '../webserver/kinds.ts';

/** What is typed at a web server. */
export interface WebServerSteps {
  readonly reload: string;
  readonly status: string;
  /** prints the part of its configuration that challenges need */
  readonly location: string;
}

const LOCATIONS: Readonly<Record<WebServerKind, string>> = {
  nginx: 'nginx -T | grep -B 2 -A 4 acme-challenge',
  apache: 'grep -rns acme-challenge /etc/apache2 /etc/httpd',
  caddy: 'grep -n acme-challenge /etc/caddy/Caddyfile',
  haproxy: 'grep -n acme-challenge /etc/haproxy/haproxy.cfg',
  none: 'ss -ltnp',
};

/** Of each kind, as its distribution has it. */
export function webServerSteps(kind: WebServerKind): WebServerSteps {
  const { test, reload } = defaultCommands(kind, true);
  const unit = reload?.at(-1);
  return {
    reload:
      [test, reload].flatMap((command) => (command === null ? [] : [command.join(' ')])).join(' && ') ||
      'ss -ltnp',
    status: unit === undefined ? 'ss -ltnp' : `systemctl status ${unit}; ss -ltnp`,
    location: LOCATIONS[kind],
  };
}
