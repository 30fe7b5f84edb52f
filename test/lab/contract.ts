/** What became of a command. `code` is 128 + N where signal N ended it, as a shell says. */
export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Default 60 000. When it is over, the command and its descendants are killed and the call throws. */
  readonly timeoutMs?: number;
  /** Aborting kills the command and its descendants (SIGKILL); the call then resolves with code 137. */
  readonly signal?: AbortSignal;
  /** Sees stdout and stderr as they come. */
  readonly onOutput?: (chunk: string) => void;
}

export interface FileOptions {
  /** Default 0o644. */
  readonly mode?: number;
  /** `user` or `user:group`; default root. On a loopback lab it is ignored. */
  readonly owner?: string;
}

export interface LabHost {
  readonly name: string;
  /** The address by which the cluster knows it (IPv4). */
  readonly address: string;
  /** Never throws on a non-zero exit; does on a time-out. */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** As `run`, but a non-zero exit throws with all output. Gives stdout. */
  check(argv: readonly string[], options?: RunOptions): Promise<string>;
  /** Makes the directories that lead to the file. */
  writeFile(path: string, content: string, options?: FileOptions): Promise<void>;
  readFile(path: string): Promise<string>;
}

export type ServiceName = 'nginx' | 'agent' | 'keepalived' | 'ssh';

export interface LabNode extends LabHost {
  /** Its IPv6 address, where the lab has IPv6. */
  readonly address6: string | null;
  /** Where this node's files of the suite are; on booted hosts, where a package would put them. */
  readonly paths: NodePaths;
  startService(name: ServiceName): Promise<void>;
  stopService(name: ServiceName): Promise<void>;
  /** SIGKILL to the main process; resolves when it is gone. systemd may start the agent again on its own. */
  killService(name: ServiceName): Promise<void>;
  /** Resolves when every worker runs with the new configuration. */
  reloadNginx(): Promise<void>;
  /** Pulls the cable: whoever talks to the node hears nothing any more. */
  unplug(): Promise<void>;
  /** Resolves when the link is up again. */
  plug(): Promise<void>;
  /** Takes the power away: nothing is stopped in order, the disk stays. */
  powerOff(): Promise<void>;
  boot(): Promise<void>;
  /** Names in the challenge directory, hidden ones too. Works also while the node is off. */
  tokens(): Promise<readonly string[]>;
}

export interface NodePaths {
  readonly config: string;
  readonly keyFile: string;
  readonly webroot: string;
  readonly stateDir: string;
  /** what the hooks' launchers leave for the last call of a batch */
  readonly records: string;
  readonly letsencrypt: string;
  /** Files here that end in .conf are part of nginx's http block. */
  readonly nginxConfDir: string;
}

export interface CaOptions {
  /**
   * Default 0. N: each of the three fetches that validate a challenge waits for 0 to N - 1 seconds, at random, and
   * says so: `Sleeping for 3s seconds before validating`. See `caSays`.
   */
  readonly validationSleepSeconds?: number;
  /** Share of good nonces that are refused; default 0. */
  readonly nonceRejectPercent?: number;
  /** Percentage of valid authorizations used again; default 0. */
  readonly authzReuse?: number;
  /** Whom it asks, `ADDRESS:PORT`; default: a DNS in which every name leads to the VIP. */
  readonly dnsServer?: string;
}

export interface CertbotOptions extends RunOptions {
  /** Instead of the node's own; its work and log directories go below it. */
  readonly configDir?: string;
}

export interface Lab {
  readonly kind: 'booted' | 'loopback';
  /** Why hosts could not be booted; null on booted hosts. */
  readonly reason: string | null;
  readonly nodes: readonly LabNode[];
  readonly ca: LabHost;
  readonly vips: readonly string[];
  readonly directoryUrl: string;
  readonly ports: { readonly http: number; readonly https: number; readonly agent: number };
  /** The node that has the first VIP; waits up to 10 s until exactly one has. */
  holder(): Promise<LabNode>;
  /** Resolves when `to` has every VIP and no other node has any; all others stay ready to take over. */
  moveVip(to: LabNode): Promise<void>;
  /** A CA that has forgotten everything: the nodes' ACME accounts are removed too. */
  restartCa(options?: CaOptions): Promise<void>;
  /** What the CA has logged since `restartCa`. */
  caLog(): Promise<string>;
  /** The first line since `restartCa` that matches, as soon as there is one. Default time-out 30 s. */
  caSays(pattern: RegExp, timeoutMs?: number): Promise<string>;
  certbot(node: LabNode, args: readonly string[], options?: CertbotOptions): Promise<RunResult>;
  /** Writes the configuration (null: the default) and restarts the agents, which must come up. */
  configure(config: string | null, options?: ConfigureOptions): Promise<void>;
  /** The lab's cluster as a configuration file. Objects are merged key by key, `null` removes a key. */
  defaultConfig(overrides?: object): string;
  /** A new key for these nodes (default: all), whose agents restart. */
  newClusterKey(nodes?: readonly LabNode[]): Promise<void>;
  /** May be called again. Throws if anything of the lab is left. */
  close(): Promise<void>;
}

export interface ConfigureOptions {
  readonly nodes?: readonly LabNode[];
  /** false: the agents stay as they are. Default true. */
  readonly restartAgents?: boolean;
}

export interface LabOptions {
  /** Default 3. */
  readonly nodes?: number;
  /** Default one IPv4 address; give 'IPv6' addresses from fd69::/64. */
  readonly vips?: readonly string[];
  /** Nodes have IPv6 addresses too; implied by an IPv6 VIP. */
  readonly ipv6?: boolean;
  /** A site for another name on port 443, as most servers have; default true. */
  readonly webServerPort443?: boolean;
  /** All nodes have one webroot, and one directory for transport `shared`'s inboxes, as on a shared filesystem. Not on loopback; default false. */
  readonly sharedFilesystem?: boolean;
  /**
   * A directory of this machine, in which each host gets a directory of its own as /disk: on a filesystem that is no
   * overlay, and that outlives the lab. Not on loopback; default none.
   */
  readonly disks?: string | null;
  /**
   * The Debian of each node, by its code name; default that of `CERTBOT_HA_LAB_ROOT`, else this machine's own. Not on
   * loopback.
   */
  readonly debians?: readonly string[];
  /** false: hosts without certbot-ha, for which nothing needs to be built. */
  readonly install?: boolean;
}
