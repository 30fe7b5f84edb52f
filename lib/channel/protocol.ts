import { KEY_AUTHORIZATION_PATTERN, TOKEN_PATTERN } from '../challenge/challenge.ts';

// What nodes say to each other, as docs/protocol.md tells it.

/** PUT: responses to challenges, to be served at once. GET: those that are there. */
export const CHALLENGES = '/v1/challenges';
/** POST: tokens to take away. */
export const REMOVALS = '/v1/challenges/removals';
/** GET: what the node says of itself. */
export const STATUS = '/v1/status';

/** A certificate has at most 100 names; left-overs of earlier runs may come on top. */
export const MAX_CHALLENGES = 500;
/** 500 challenges of the largest size are about 170 kB. */
export const MAX_BODY_BYTES = 262_144;

export const presentBody = {
  type: 'object',
  required: ['challenges'],
  additionalProperties: false,
  properties: {
    challenges: {
      type: 'array',
      minItems: 1,
      maxItems: MAX_CHALLENGES,
      items: {
        type: 'object',
        required: ['token', 'keyAuthorization'],
        additionalProperties: false,
        properties: {
          token: { type: 'string', pattern: TOKEN_PATTERN },
          keyAuthorization: { type: 'string', maxLength: 172, pattern: KEY_AUTHORIZATION_PATTERN },
        },
      },
    },
  },
} as const;

export const removalBody = {
  type: 'object',
  required: ['tokens'],
  additionalProperties: false,
  properties: {
    tokens: {
      type: 'array',
      minItems: 1,
      maxItems: MAX_CHALLENGES,
      items: { type: 'string', pattern: TOKEN_PATTERN },
    },
  },
} as const;

/** The answer to GET {@link CHALLENGES}. */
export interface ChallengeList {
  readonly challenges: readonly { readonly token: string; readonly ageSeconds: number }[];
}

/** The answer to GET {@link STATUS}. */
export interface NodeStatus {
  readonly node: string;
  readonly version: string;
  readonly uptimeSeconds: number;
  /** the VIPs on this node's interfaces now */
  readonly vips: readonly string[];
  /** how many responses to challenges lie in the webroot */
  readonly challenges: number;
}

/** An error's body (RFC 9457). */
export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
}
