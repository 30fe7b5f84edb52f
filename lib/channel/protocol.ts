import type { InstalledRecord } from '../state/records.ts';
import type { ToldTombstone } from '../state/tombstones.ts';
import type { InstallResult } from '../state/results.ts';
import type { FileSystem } from '../system/file-system.ts';
import type { Room } from '../system/room.ts';

// What nodes say to each other, as docs/protocol.md tells it.

/** PUT: responses to challenges, to be served at once. GET: those that are there. */
export const CHALLENGES = '/v1/challenges';
/** GET, below {@link CHALLENGES}: the response to one challenge, from that node's webroot alone. */
export const RESPONSE = ':token';
/** POST: tokens to take away. */
export const REMOVALS = '/v1/challenges/removals';
/** GET: what the node says of itself. */
export const STATUS = '/v1/status';

/** GET: what is installed here. */
export const LINEAGES = '/v1/lineages';
/** Some thousands of lineages. */
export const MAX_LINEAGES_BYTES = 16_777_216;
/** PUT: a bundle for the inbox. GET: what became of it. */
export const DELIVERIES = '/v1/deliveries';
/** POST, below a delivery: the installer may have it. */
export const ACTIVATION = 'activation';
/** POST: a node asks for what it lacks. */
export const SYNC_REQUESTS = '/v1/sync-requests';

/** Eight files of at most 64 kB, and what JSON adds. */
export const MAX_BUNDLE_BYTES = 1_048_576;

/** A certificate has at most 100 names; left-overs of earlier runs may come on top. */
export const MAX_CHALLENGES = 500;
/** 500 challenges of the largest size are about 170 kB. */
export const MAX_BODY_BYTES = 262_144;

/** The answer to GET {@link CHALLENGES}. */
export interface ChallengeList {
  readonly challenges: readonly { readonly token: string; readonly ageSeconds: number }[];
}

/** The answer to GET below {@link CHALLENGES}. */
export interface ChallengeResponse {
  readonly token: string;
  readonly keyAuthorization: string;
}

/** The answer to GET {@link STATUS}. */
export interface NodeStatus {
  readonly node: string;
  readonly version: string;
  readonly uptimeSeconds: number;
  /** the VIPs on this node's interfaces now */
  readonly vips: readonly string[];
  /** how many responses to challenges lie in the webroot; null: its file system does not answer */
  readonly challenges: number | null;
  /** its clock, ISO 8601; absent: its version does not tell */
  readonly time?: string;
  /** the digest of the configuration that it works by; absent: its version does not tell */
  readonly configuration?: string;
  /** when `certbot-ha notify` has seen the cluster from there; null: never; absent: nobody is to be told, or its version does not tell */
  readonly lookedSecondsAgo?: number | null;
  /** what is left where the agent writes; null: that file system does not answer; absent: its version does not tell */
  readonly rooms?: { readonly inbox: Room | null; readonly webroot: Room | null };
  /** what its webroot is on, where nodes share it; null: of a kind that is not known here; absent: they do not, or its version does not tell */
  readonly fileSystem?: FileSystem | null;
}

/** The answer to GET {@link LINEAGES}. */
export interface LineageList {
  readonly lineages: readonly InstalledRecord[];
  /** what was deleted; absent where a version that knows no deletions answers */
  readonly deleted?: readonly ToldTombstone[];
}

/** The answer to GET below {@link DELIVERIES}: the installer's result, or what it waits for, or that an installer is at work. */
export type DeliveryState = { readonly state: 'staged' | 'activated' | 'installing' } | InstallResult;

/** An error's body (RFC 9457). */
export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
}
