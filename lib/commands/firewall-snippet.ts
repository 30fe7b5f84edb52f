import type { CommandIo } from '../base/io.ts';
import { abilitiesOf, wordsOfTransports } from '../cluster/abilities.ts';
import { findCluster } from '../cluster/cluster.ts';
import { readConfig } from '../cluster/load.ts';
import { interfacesHere } from '../cluster/machine.ts';
import { isIpAddress } from '../net/address.ts';
import { lookUp } from '../net/resolve.ts';
import { programsOf } from '../setup/admin-programs.ts';
import { putFirewall, showFirewall, type FirewallKind } from '../setup/firewall/firewall.ts';
import { accessOf, LOOK_UP_TIMEOUT_MS } from '../setup/firewall/sources.ts';

interface FirewallSnippetOptions {
  readonly isWritten: boolean;
  /** below which files are written */
  readonly root: string;
}

/** `certbot-ha snippet firewall` and its like: prints the rules that let the peers reach the agent, or adds them. */
export async function firewallSnippet(
  kind: FirewallKind,
  io: CommandIo,
  { isWritten, root }: FirewallSnippetOptions,
): Promise<0> {
  const config = readConfig(io.env);
  const cluster = await findCluster(config, io.env);
  const signal = io.interruption();
  const access = await accessOf(cluster, lookUp, signal);
  if (access.sources.length === 0) {
    const { hasAgents } = abilitiesOf(config);
    const why = hasAgents
      ? 'there is no other node'
      : `transport ${wordsOfTransports(config.transport)} has no agents`;
    io.out(`${why}: there is no port to open for them`);
    // Rules may be there from before.
    if (!isWritten) return 0;
  }
  const { address } = cluster.self;
  const own = isIpAddress(address)
    ? [address]
    : ((await lookUp(address, { timeoutMs: LOOK_UP_TIMEOUT_MS, signal })) ?? []);
  const options = {
    access,
    programs: programsOf(io.env, signal),
    here: { interfaces: interfacesHere(), own },
    root,
    out: (line: string) => io.out(line),
  };
  await (isWritten ? putFirewall : showFirewall)(kind, options);
  return 0;
}
