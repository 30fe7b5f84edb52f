import type { Config } from '../config/config.ts';

export type WebServerKind = Config['webServer']['kind'];

export interface WebServerCommands {
  /** null: there is none */
  readonly test: readonly string[] | null;
  readonly reload: readonly string[] | null;
}

const NOTHING: WebServerCommands = { test: null, reload: null };

/**
 * How each kind is tested and reloaded where the configuration does not say. With systemd its unit
 * is reloaded, so that the unit's own idea of a reload counts; without, the program does it itself.
 */
export function defaultCommands(kind: WebServerKind, hasSystemd: boolean): WebServerCommands {
  const reload = (unit: string, own: readonly string[]) => (hasSystemd ? ['systemctl', 'reload', unit] : own);
  switch (kind) {
    case 'nginx':
      return { test: ['nginx', '-t'], reload: reload('nginx', ['nginx', '-s', 'reload']) };
    case 'apache':
      // Debian's unit; Red Hat calls it httpd.
      return { test: ['apachectl', 'configtest'], reload: reload('apache2', ['apachectl', 'graceful']) };
    case 'caddy': {
      const config = ['--config', '/etc/caddy/Caddyfile'];
      // Without --force Caddy skips a configuration that reads as before, and with it new certificate files.
      return {
        test: ['caddy', 'validate', ...config],
        reload: reload('caddy', ['caddy', 'reload', ...config, '--force']),
      };
    }
    case 'haproxy':
      return {
        test: ['haproxy', '-c', '-f', '/etc/haproxy/haproxy.cfg'],
        // haproxy has no command of its own for it.
        reload: reload('haproxy', ['service', 'haproxy', 'reload']),
      };
    case 'none':
      return NOTHING;
  }
}
