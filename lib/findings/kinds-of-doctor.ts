import type { Kinds } from './kind.ts';

const UNIT = { unit: 'text' } as const;

const HOW = { measured: 'measured', 'at-least': 'at-least', 'up-to': 'up-to' } as const;

/** The arguments of what `doctor` finds. */
export const OF_DOCTOR = {
  'configuration-differs': { file: 'text' },
  'configuration-not-loaded': { file: 'text' },
  'version-differs': { version: 'text', here: 'text' },
  'clock-differs': { seconds: 'number', of: 'text' },
  'key-differs': { file: 'text' },
  'agent-port-filtered': { port: 'number', other: 'number' },
  'unit-missing': UNIT,
  'unit-inactive': { ...UNIT, state: 'text' },
  'unit-disabled': UNIT,
  'unit-masked': UNIT,
  'unit-broken': { ...UNIT, load: 'text' },
  'unit-failed': UNIT,
  'several-renewers': { renewers: 'texts' },
  'condition-missing': UNIT,
  'condition-not-found': { file: 'text' },
  'lineage-not-renewed': { lineage: 'text' },
  'location-missing': { webroot: 'text', roots: 'texts' },
  'lookup-missing': { file: 'text?', place: 'text' },
  'lookup-elsewhere': { file: 'text', asked: 'text', place: 'text' },
  'lookup-silent': { place: 'text' },
  'label-differs': { path: 'text', label: 'text', policy: 'text', count: 'number' },
  'little-room': { directory: 'text', mebibytes: 'number' },
  'few-inodes': { directory: 'text', inodes: 'number' },
  'file-system-read-only': { directory: 'text' },
  'directory-not-shared': { directory: 'text', type: 'text', place: 'text' },
  'written-not-seen': { directory: 'text', seconds: 'number' },
  'absence-remembered': { how: HOW, seconds: 'number', fileSystem: 'text', remedy: 'text?' },
  'gate-too-short': { timeout: 'number', how: HOW, seconds: 'number' },
  'tokens-forgotten': { directory: 'text', count: 'number' },
  'installation-unfinished': { lineages: 'texts' },
  'delivery-not-installed': { directory: 'text', count: 'number' },
  'caa-forbids': { name: 'text', at: 'text', ca: 'text?', allowed: 'texts' },
  'caa-other-account': { name: 'text', at: 'text', account: 'text' },
  'caa-other-method': { name: 'text', at: 'text' },
  'caa-critical': { name: 'text', at: 'text', tag: 'text' },
  'caa-not-looked-up': { name: 'text', error: 'text' },
} as const satisfies Partial<Kinds>;
