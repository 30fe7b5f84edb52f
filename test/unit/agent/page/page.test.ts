import { describe, expect, it } from 'vitest';
import { factsOf, headlineOf } from '../../../../lib/agent/page/facts.ts';
import { renderPage } from '../../../../lib/agent/page/page.ts';
import { rowsOf } from '../../../../lib/agent/page/matrix.ts';
import type { Snapshot, Told } from '../../../../lib/agent/page/snapshot.ts';
import {
  at,
  doctorRun,
  HOSTILE,
  hostile,
  many,
  nodeBehind,
  nodeDown,
  nothingYet,
  seenNode,
  seenRows,
  snapshot,
  survey,
} from '../../../support/page/snapshots.ts';

const PASSED = { result: 'pass', checks: { pass: 31, warn: 0, fail: 0 } } as const;
const nodes = [seenNode(1), seenNode(2), seenNode(3)];

describe('the headline', () => {
  it.each<readonly [string, Snapshot, string, string]>([
    ['that all is well', snapshot(), 'good', 'all is well'],
    ['how many things need somebody', nodeDown(), 'bad', '3 things to look at'],
    ['that there is nothing yet', nothingYet(), 'idle', 'no certificate yet'],
    ['that it does not know yet', snapshot({ survey: null }), 'unknown', 'web1 is asking the nodes'],
    [
      'why it does not know',
      snapshot({ survey: null, trouble: 'certbot-ha status --json: exit 2' }),
      'unknown',
      'nothing is known of the cluster: certbot-ha status --json: exit 2',
    ],
    [
      'that what is shown is old, though all was well',
      snapshot({ survey: survey({ at: at(-5 * 60_000) }) }),
      'unknown',
      'this is how it was 5 min ago',
    ],
    [
      'that there was no time to see everything',
      snapshot({ survey: survey({ isCutOff: true }) }),
      'unknown',
      'what is seen is fine, but not everything is seen',
    ],
    [
      'that what is new has not arrived everywhere, and nobody is needed yet',
      snapshot({
        survey: survey({
          lineages: seenRows('a.test', nodes, {
            rest: (target) => (target === 'web3' ? { installed: 'older' } : {}),
          }),
        }),
      }),
      'warn',
      'a change is on its way',
    ],
    [
      'that doctor complains where nothing else does',
      snapshot({ doctor: nodeBehind().doctor }),
      'warn',
      'nothing to look at now, but the last doctor run has complaints',
    ],
    [
      'that doctor has not run for two days, though it had no complaints',
      snapshot({ doctor: doctorRun({ ...PASSED, at: at(-49 * 3_600_000) }) }),
      'warn',
      'nothing to look at now, but certbot-ha doctor has not run for two days',
    ],
    [
      'that all is well where it ran the day before yesterday',
      snapshot({ doctor: doctorRun({ ...PASSED, at: at(-47 * 3_600_000) }) }),
      'good',
      'all is well',
    ],
  ])('says %s', (_, shown, mark, words) => {
    expect(headlineOf(shown, rowsOf(shown))).toEqual({ mark, words });
  });
});

it('says of doctor that it has not run, with what to type', () => {
  const old = snapshot({ doctor: doctorRun({ ...PASSED, at: at(-40 * 24 * 3_600_000) }) });
  expect(factsOf(old).at(-1)).toMatchObject({
    mark: 'warn',
    lines: [
      '31 passed, 0 warnings, 0 failed',
      '40 days ago',
      'certbot-ha doctor has not run for two days: systemctl status certbot-ha-doctor.timer',
    ],
  });
});

describe('the next renewal', () => {
  const issuer = (rule: string, ...names: readonly string[]) => ({
    mode: 'shared' as const,
    ...{ rule, nodes: names },
  });
  const renewal = (rest: Partial<ReturnType<typeof survey>>) =>
    factsOf(snapshot({ survey: survey(rest) })).find(({ title }) => title === 'Next renewal');

  it('is the lineage that is due first, when, and by whom', () => {
    expect(renewal({})).toEqual({
      title: 'Next renewal',
      mark: 'good',
      lines: ['mail.example.com', 'in 19 days, on 2026-12-17', 'by web1, which holds the VIP'],
    });
  });

  it.each([
    ['by the node that is named', { issuer: issuer('web2', 'web2') }, 'good', 'by web2, which is the issuer'],
    [
      'by one that does not answer, which is unknown',
      { issuer: issuer('web2', 'web2'), nodes: [seenNode(1), seenNode(2, { agent: 'unreachable' })] },
      'unknown',
      'by web2, which is the issuer and does not answer',
    ],
    ['by nobody', { issuer: issuer('vip') }, 'bad', 'by nobody: no node holds the VIP'],
    [
      'by nobody where there is no VIP',
      { issuer: issuer('vip'), vips: [] },
      'bad',
      'by nobody: certificates.issuer is vip, and vips is empty',
    ],
    [
      'unknown where a node that does not answer may hold the VIP',
      { issuer: issuer('vip'), nodes: [seenNode(1), seenNode(2, { agent: 'unreachable' })] },
      'unknown',
      'by the holder of the VIP, which is unknown',
    ],
    [
      'by two at once',
      { issuer: issuer('vip', 'web1', 'web2') },
      'bad',
      'by web1 and web2: each holds the VIP',
    ],
  ] as const)('is %s', (_, rest, mark, who) => {
    expect(renewal(rest)).toMatchObject({ mark, lines: [expect.anything(), expect.anything(), who] });
  });
});

describe('the page', () => {
  it('shows what is hostile as text, wherever it is', () => {
    const page = renderPage(hostile());
    expect(page).not.toContain('<img');
    expect(page.match(/<script>/g)).toHaveLength(1);
    for (const unseen of ['\u202e', '\u0007']) expect(page).not.toContain(unseen);
    const escaped = '&#60;img src&#61;x onerror&#61;alert(1)&#62;';
    expect(page.split(escaped).length).toBeGreaterThan(60);
    expect(HOSTILE).toContain('<img src=x onerror=alert(1)>');
  });

  it('never leaves a cell empty: what cannot be known is said', () => {
    const pages = [snapshot(), nodeDown(), nodeBehind(), many(6, 4)].map(renderPage);
    for (const page of pages) expect(page).not.toMatch(/<td[^>]*>\s*<\/td>/);
    expect(renderPage(nodeDown())).toContain('? has: unknown');
  });

  it('says what to do where nothing has been issued', () => {
    expect(renderPage(nothingYet())).toContain(
      '<code>certbot-ha certonly -d www.example.com --dry-run</code>',
    );
  });

  it('has a node as a column and a lineage as a row, those with trouble first', () => {
    const page = renderPage(nodeBehind());
    const places = ['www.<wbr>example.<wbr>com', 'mail.<wbr>example.<wbr>com'].map((name) =>
      page.indexOf(name),
    );
    expect(places).toEqual(places.toSorted((one, other) => one - other));
    expect(page).toContain('✗ has older: 2026-09-18');
    expect(page).toContain('✗ serves another');
  });

  it('loads nothing: neither from elsewhere nor from its own host', () => {
    const addresses = [...renderPage(snapshot()).matchAll(/(?:src|href|action)=["']?([^"'\s>]*)/g)];
    expect(addresses.map(([, address]) => address?.slice(0, 19))).toEqual(['data:image/svg+xml,']);
  });
});

it.each([
  [
    'to look at',
    'certbot-ha status --check',
    (all: readonly Told[]) => ({ survey: survey({ troubles: all.map((found) => ({ who: null, found })) }) }),
  ],
  [
    'outstanding',
    'certbot-ha status',
    (all: readonly Told[]) => ({
      survey: survey({
        outstanding: all.map((reason) => ({ node: 'web2', lineage: 'a.test', since: at(0), reason })),
      }),
    }),
  ],
  ['notes', 'certbot-ha status', (notes: readonly Told[]) => ({ survey: survey({ notes }) })],
  [
    "doctor's complaints",
    'certbot-ha doctor',
    (all: readonly Told[]) => ({
      doctor: doctorRun({
        ...{ result: 'fail', checks: { pass: 0, warn: 0, fail: 53 } },
        complaints: all.map((found) => ({ check: 'peers', result: 'fail' as const, ...found })),
      }),
    }),
  ],
] as const)('of a long list (%s) fifty are shown, and how many more there are', (_, command, shown) => {
  const all = Array.from({ length: 53 }, (_found, index) => ({
    code: 'agent-silent',
    message: `message ${index}.`,
  }));
  const html = renderPage(snapshot(shown(all)));
  expect(html).toContain('message 49.');
  expect(html).not.toContain('message 50.');
  expect(html).toContain(`and 3 more: ${command}<`);
});

it('tells of doctor that cannot be read as such', () => {
  const doctor = { state: 'unreadable', why: 'not JSON, or cut off' } as const;
  expect(factsOf(snapshot({ doctor })).at(-1)).toEqual({
    title: 'Doctor on web1',
    mark: 'warn',
    lines: [
      'its last run cannot be read: doctor.json: not JSON, or cut off',
      'certbot-ha doctor --record writes it anew',
    ],
  });
});
