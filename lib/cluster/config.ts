import { resolve } from 'node:path';
import { load, YAMLException } from 'js-yaml';
import { CertbotHaError, isUnreadable } from '../base/errors.ts';
import { dnsSettingsOf, type DnsSettings } from './dns-settings.ts';
import { readDocument } from './problems.ts';
import { transportsOf, type Transports } from './abilities.ts';
import type { ConfigDocument } from './schema.ts';
import type { Finding } from '../findings/register.ts';
import { readTextNow } from '../system/read-now.ts';

export const DEFAULT_CONFIG_FILE = '/etc/certbot-ha/config.yaml';

/** A member of the cluster, with the common settings where it has none of its own. */
export interface ClusterNode {
  readonly name: string;
  /** IPv4, IPv6 or a name that resolves */
  readonly address: string;
  /** in maintenance: left out of transport and gates */
  readonly isDrained: boolean;
  readonly webroot: string;
  readonly agentPort: number;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** expects a PROXY protocol header on both; absent: no */
  readonly isBehindProxy?: boolean;
  /** where its agent listens for its own host; absent: where all do */
  readonly adminListen?: string;
}

/** The checked configuration; times in milliseconds. */
export interface Config {
  readonly file: string;
  readonly nodes: readonly ClusterNode[];
  readonly self: string | null;
  readonly vips: readonly string[];
  readonly stateDir: string;
  readonly transport: Transports;
  readonly gate: Omit<ConfigDocument['gate'], 'timeout'> & { readonly timeoutMs: number };
  readonly agent: Omit<ConfigDocument['agent'], 'tokenTtl'> & { readonly tokenTtlMs: number };
  readonly rsync: ConfigDocument['rsync'];
  readonly syncthing: ConfigDocument['syncthing'];
  readonly unison: ConfigDocument['unison'];
  readonly certificates: ConfigDocument['certificates'];
  readonly webServer: ConfigDocument['webServer'];
  readonly notify: ConfigDocument['notify'];
  /** who publishes the records of DNS-01; null: nobody, and there is HTTP-01 alone */
  readonly dns: DnsSettings | null;
}

/**
 * Reads and checks a configuration file. Synchronous: a hook has nothing else to do meanwhile.
 * @throws {CertbotHaError} `config`, with every problem of the file
 */
export function loadConfig(file: string): Config {
  return configOf(file, read(file));
}

/** The same of a text that is to be in the file. @throws {CertbotHaError} `config`, with every problem of the text */
export function configOf(file: string, text: string): Config {
  const result = readDocument(file, parse(file, text));
  if ('problems' in result) {
    throw new CertbotHaError('config', result.problems);
  }
  return toConfig(file, result.document);
}

/**
 * Where a text has the cluster's key, whatever else is wrong with it; null: it does not say.
 * @throws {CertbotHaError} `config` where it is no YAML
 */
export function keyFileIn(file: string, text: string): string | null {
  const keyFile = memberOf(memberOf(parse(file, text), 'agent'), 'keyFile');
  return typeof keyFile === 'string' && keyFile.startsWith('/') ? keyFile : null;
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[key]
    : null;
}

function read(file: string): string {
  try {
    return readTextNow(file);
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const found: Finding =
      error.code === 'ENOENT'
        ? { code: 'configuration-missing', file }
        : { code: 'configuration-unreadable', file, error: error.code };
    throw new CertbotHaError('config', found, {
      cause: error,
      hint: 'certbot-ha init makes it, or on another node certbot-ha init --join; --config FILE or CERTBOT_HA_CONFIG names another one',
    });
  }
}

function parse(file: string, text: string): unknown {
  try {
    return load(text);
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const { mark, reason } = error;
    const [line, column] = mark ? [mark.line + 1, mark.column + 1] : [null, null];
    throw new CertbotHaError('config', { code: 'not-yaml', file, line, column, reason }, { cause: error });
  }
}

function toConfig(file: string, document: ConfigDocument): Config {
  const { timeout, ...gate } = document.gate;
  const { tokenTtl, ...agent } = document.agent;
  const nodes = Object.entries(document.nodes).map(([name, entry]) => {
    const own = typeof entry === 'string' ? { address: entry } : entry;
    return {
      name,
      address: own.address,
      isDrained: 'drained' in own && own.drained,
      webroot: ('webroot' in own ? own.webroot : null) ?? document.webroot,
      agentPort: ('agentPort' in own ? own.agentPort : null) ?? agent.port,
      httpPort: ('httpPort' in own ? own.httpPort : null) ?? gate.httpPort,
      httpsPort: ('httpsPort' in own ? own.httpsPort : null) ?? gate.httpsPort,
      ...(gate.proxyProtocol && { isBehindProxy: true }),
      ...('adminListen' in own && own.adminListen !== null && { adminListen: own.adminListen }),
    };
  });
  return {
    file,
    nodes,
    self: document.self,
    vips: document.vips,
    stateDir: document.stateDir,
    transport: typeof document.transport === 'string' ? transportsOf(document.transport) : document.transport,
    gate: { ...gate, timeoutMs: timeout * 1000 },
    agent: { ...agent, tokenTtlMs: tokenTtl * 1000 },
    rsync: document.rsync,
    syncthing: document.syncthing,
    unison: document.unison,
    // One spelling, because paths in renewal configurations are compared with it.
    certificates: { ...document.certificates, configDir: resolve(document.certificates.configDir) },
    webServer: document.webServer,
    notify: document.notify,
    dns: document.dns && dnsSettingsOf(document.dns),
  };
}
