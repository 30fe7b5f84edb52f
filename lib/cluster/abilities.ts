/** What a transport can do, for whoever has to know without opening it. */
export interface Abilities {
  /** every node runs an agent, which can be asked what its node has, and asked to sync */
  readonly hasAgents: boolean;
  /** where bundles arrive: below each node's own stateDir, or on a filesystem that all nodes share */
  readonly inbox: 'own' | 'shared';
  /** who tells the sender how an installation has ended: the peer's agent, or a file that the installer leaves in the inbox */
  readonly answersBy: 'agent' | 'inbox';
  /** it cannot carry anything without the cluster's key, `agent.keyFile` */
  readonly needsKey: boolean;
}

/** Every transport, by the name that the configuration has for it: docs/decisions/0024-transport-abilities.md. */
export const TRANSPORTS = {
  http: { hasAgents: true, inbox: 'own', answersBy: 'agent', needsKey: true },
  rsync: { hasAgents: false, inbox: 'own', answersBy: 'inbox', needsKey: false },
  shared: { hasAgents: false, inbox: 'shared', answersBy: 'inbox', needsKey: false },
} as const satisfies Readonly<Record<string, Abilities>>;

export type TransportName = keyof typeof TRANSPORTS;

/** What the transport of a configuration can do. */
export function abilitiesOf({ transport }: { readonly transport: TransportName }): Abilities {
  return TRANSPORTS[transport];
}
