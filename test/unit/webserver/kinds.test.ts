import { describe, expect, it } from 'vitest';
import { defaultCommands } from '../../../lib/webserver/kinds.ts';

describe('defaultCommands', () => {
  it.each([
    ['nginx', true, 'nginx -t', 'systemctl reload nginx'],
    ['nginx', false, 'nginx -t', 'nginx -s reload'],
    ['apache', true, 'apachectl configtest', 'systemctl reload apache2'],
    ['apache', false, 'apachectl configtest', 'apachectl graceful'],
    ['caddy', true, 'caddy validate --config /etc/caddy/Caddyfile', 'systemctl reload caddy'],
    [
      'caddy',
      false,
      'caddy validate --config /etc/caddy/Caddyfile',
      'caddy reload --config /etc/caddy/Caddyfile --force',
    ],
    ['haproxy', true, 'haproxy -c -f /etc/haproxy/haproxy.cfg', 'systemctl reload haproxy'],
    ['haproxy', false, 'haproxy -c -f /etc/haproxy/haproxy.cfg', 'service haproxy reload'],
    ['none', true, undefined, undefined],
    ['none', false, undefined, undefined],
  ] as const)('%s, systemd %s', (kind, hasSystemd, test, reload) => {
    const commands = defaultCommands(kind, hasSystemd, () => false);
    expect(commands.test?.join(' ')).toBe(test);
    expect(commands.reload?.join(' ')).toBe(reload);
  });

  it.each([
    [['httpd'], true, 'systemctl reload httpd'],
    [['apache2'], true, 'systemctl reload apache2'],
    [['apache2', 'httpd'], true, 'systemctl reload apache2'],
    [['httpd'], false, 'apachectl graceful'],
  ] as const)('apache, where the units are %j, systemd %s: %s', (units, hasSystemd, reload) => {
    const isUnit = (name: string) => units.some((unit) => unit === name);
    expect(defaultCommands('apache', hasSystemd, isUnit).reload?.join(' ')).toBe(reload);
  });
});
