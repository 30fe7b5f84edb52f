/** What a transport can do for challenges, for whoever has to know without opening it. */
export interface ChallengeAbilities {
  /** an agent on every node takes them at once, and carries on what other clients write */
  readonly hasAgents: boolean;
  /** all nodes see one directory */
  readonly isWebrootShared: boolean;
  /** what it carries: what it is given, or what this node has written into its webroot, or removed there, before */
  readonly source: 'given' | 'webroot';
  /** it cannot carry anything without the cluster's key, `agent.keyFile` */
  readonly needsKey: boolean;
}

/** The same for lineages. */
export interface LineageAbilities {
  /** an agent on every node takes them */
  readonly hasAgents: boolean;
  /** where bundles arrive: below each node's own stateDir, or on a filesystem that all nodes share */
  readonly inbox: 'own' | 'shared';
  /** who tells the sender how an installation has ended: the peer's agent, or a file that the installer leaves in the inbox */
  readonly answersBy: 'agent' | 'inbox';
  readonly needsKey: boolean;
}

/** Of both together. */
export interface Abilities {
  /** every node runs an agent, which can be asked what its node has, and asked to sync */
  readonly hasAgents: boolean;
  readonly needsKey: boolean;
}

/** What carries challenges, by the name that the configuration has for it: docs/decisions/0024-transport-abilities.md. */
export const CHALLENGE_TRANSPORTS = {
  http: { hasAgents: true, isWebrootShared: false, source: 'given', needsKey: true },
  rsync: { hasAgents: false, isWebrootShared: false, source: 'given', needsKey: false },
  shared: { hasAgents: false, isWebrootShared: true, source: 'webroot', needsKey: false },
  syncthing: { hasAgents: false, isWebrootShared: false, source: 'webroot', needsKey: false },
  unison: { hasAgents: false, isWebrootShared: false, source: 'webroot', needsKey: false },
} as const satisfies Readonly<Record<string, ChallengeAbilities>>;

/** What carries lineages, private keys among them. */
export const LINEAGE_TRANSPORTS = {
  http: { hasAgents: true, inbox: 'own', answersBy: 'agent', needsKey: true },
  rsync: { hasAgents: false, inbox: 'own', answersBy: 'inbox', needsKey: false },
  shared: { hasAgents: false, inbox: 'shared', answersBy: 'inbox', needsKey: false },
} as const satisfies Readonly<Record<string, LineageAbilities>>;

/** Those whose program splits a path below stateDir at spaces. */
export const SPLITS_AT_SPACES: ReadonlySet<unknown> = new Set<TransportName>(['unison']);

/** A name alone stands for both: a transport that carries no keys has lineages go by http. */
export type TransportName = keyof typeof CHALLENGE_TRANSPORTS;
export type LineageTransportName = keyof typeof LINEAGE_TRANSPORTS;

/** Which transport carries what. */
export interface Transports {
  readonly challenges: TransportName;
  readonly lineages: LineageTransportName;
}

/** Where the configuration has a part that it asks something of. */
export interface OfTransports {
  readonly transport: Transports;
}

/** What a name alone stands for. */
export function transportsOf(name: TransportName): Transports {
  return { challenges: name, lineages: isForLineages(name) ? name : 'http' };
}

function isForLineages(name: string): name is LineageTransportName {
  return Object.hasOwn(LINEAGE_TRANSPORTS, name);
}

/** Of both, as one reads it: a name where that stands for both. */
export function wordsOfTransports({ challenges, lineages }: Transports): string {
  return challenges === lineages ? challenges : `${challenges} for challenges, ${lineages} for lineages`;
}

/** What the transport of a configuration can do for challenges. */
export function challengeAbilitiesOf({ transport }: OfTransports): ChallengeAbilities {
  return CHALLENGE_TRANSPORTS[transport.challenges];
}

/** The same for lineages. */
export function lineageAbilitiesOf({ transport }: OfTransports): LineageAbilities {
  return LINEAGE_TRANSPORTS[transport.lineages];
}

/** What either of them needs is there: an agent is one, whatever it is for. */
export function abilitiesOf(config: OfTransports): Abilities {
  const both = [challengeAbilitiesOf(config), lineageAbilitiesOf(config)];
  return {
    hasAgents: both.some(({ hasAgents }) => hasAgents),
    needsKey: both.some(({ needsKey }) => needsKey),
  };
}
