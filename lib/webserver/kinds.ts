import type { Config } from '../cluster/config.ts';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export type WebServerKind = Config['webServer']['kind'];

export interface WebServerCommands {
  /** null: there is none */
  readonly test: readonly string[] | null;
  readonly reload: readonly string[] | null;
  /** prints the whole configuration, as the test reads it; absent: nothing does */
  readonly dump?: readonly string[];
}

/** How much of what is printed is read: more than the configuration of a host with thousands of sites. */
export const MAX_DUMP_CHARS = 16_777_216;

const NOTHING: WebServerCommands = { test: null, reload: null };

/** Where a distribution, or an operator, puts units. */
const UNIT_DIRECTORIES = ['/etc/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system'];

function isUnitHere(name: string): boolean {
  return UNIT_DIRECTORIES.some((directory) => existsSync(join(directory, `${name}.service`)));
}

/**
 * How each kind is tested and reloaded where the configuration does not say. With systemd its unit
 * is reloaded, so that the unit's own idea of a reload counts; without, the program does it itself.
 * @param isUnit whether this host has a unit of that name
 */
export function defaultCommands(
  kind: WebServerKind,
  hasSystemd: boolean,
  isUnit: (name: string) => boolean = isUnitHere,
): WebServerCommands {
  const reload = (unit: string, own: readonly string[]) => (hasSystemd ? ['systemctl', 'reload', unit] : own);
  switch (kind) {
    case 'nginx':
      return {
        test: ['nginx', '-t'],
        reload: reload('nginx', ['nginx', '-s', 'reload']),
        dump: ['nginx', '-T'],
      };
    case 'apache': {
      // Debian's and SUSE's unit, or Red Hat's and Arch's.
      const unit = hasSystemd && !isUnit('apache2') && isUnit('httpd') ? 'httpd' : 'apache2';
      return { test: ['apachectl', 'configtest'], reload: reload(unit, ['apachectl', 'graceful']) };
    }
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

/** Where a web server expects the certificate with its chain, and the key: one file for both, or two. */
export interface ExpectedFiles {
  readonly certificate: string;
  readonly key: string;
}

/** @param live the lineage's directory below live/ */
export function expectedFiles(kind: WebServerKind, live: string): ExpectedFiles {
  // haproxy(1), crt: made beside the lineage by certbot-ha.
  if (kind === 'haproxy') return { certificate: join(live, 'haproxy.pem'), key: join(live, 'haproxy.pem') };
  return { certificate: join(live, 'fullchain.pem'), key: join(live, 'privkey.pem') };
}

/**
 * What to add to the web server's configuration so that it serves a lineage, a line each. The
 * paths are those below live/, which stay the same from one certificate to the next.
 */
export function configurationFor(kind: WebServerKind, live: string): readonly string[] {
  const { certificate, key } = expectedFiles(kind, live);
  switch (kind) {
    case 'nginx':
      return [`ssl_certificate ${certificate};`, `ssl_certificate_key ${key};`];
    case 'apache':
      return [`SSLCertificateFile ${certificate}`, `SSLCertificateKeyFile ${key}`];
    case 'caddy':
      return [`tls ${certificate} ${key}`];
    case 'haproxy':
      return [`bind :443 ssl crt ${certificate}`];
    case 'none':
      return [`certificate: ${certificate}`, `key: ${key}`];
  }
}
