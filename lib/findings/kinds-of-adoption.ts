import type { Kinds } from './kind.ts';

/** The arguments of what `adopt` finds. */
export const OF_ADOPTION = {
  'adoption-by-dns': {
    lineage: 'text',
    names: 'texts',
    authenticator: 'text',
    credentials: 'text?',
    server: 'text?',
    hasDns: 'yes or no',
  },
  'adoption-of-wildcard': { lineage: 'text', names: 'texts' },
  'adoption-with-subset': { lineage: 'text', file: 'text' },
  'adoption-other-installer': { lineage: 'text', installer: 'text', kind: 'text' },
  'certbot-at-work': { configDir: 'text', pid: 'number' },
  'reconfigure-failed': { lineage: 'text', end: 'text' },
  'hook-kept': { lineage: 'text', option: 'text', command: 'text' },
  'pre-hooks-stop': { files: 'texts' },
  'not-adopted': { lineage: 'text' },
  'adoption-interrupted': { lineages: 'texts' },
} as const satisfies Partial<Kinds>;
