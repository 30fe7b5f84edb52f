import type { Area } from './area.ts';

/** What another node's agent answers, or something in its place. */
export const CHANNEL = {
  'agent-silent': () => 'its agent gave no answer in time',
  'answer-wait-interrupted': () => 'interrupted before it had answered',
  'agent-refuses': ({ status, detail }: { readonly status: number; readonly detail: string }) =>
    `its agent refused (${status}): ${detail}`,
  'not-an-agent': ({ status }: { readonly status: number }) =>
    `what answers on the agent's port refused with status ${status}`,
  'agent-answer-unexpected': ({ what }: { readonly what: 'too long' | 'not JSON' | 'unknown' }) =>
    ({
      'too long': 'its agent answered more than it should',
      'not JSON': 'its agent answered with something else than JSON',
      unknown: 'its agent answered something unknown: is it of another version?',
    })[what],
  'answer-read-in-part': ({
    entries,
    count,
  }: {
    readonly entries: readonly string[];
    readonly count: number;
  }) =>
    `its agent tells of what cannot be read here (${entries.join(', ')}${count > entries.length ? ', …' : ''}; ` +
    `${count} in all): is it of another version?`,
  'key-mismatch': ({ port }: { readonly port: number }) =>
    `agent port ${port}: the TLS handshake failed: is the cluster key the same there, and its agent restarted since?`,
  'unknown-finding': ({ line }: { readonly was: string; readonly line: string }) => line,
} satisfies Area;
