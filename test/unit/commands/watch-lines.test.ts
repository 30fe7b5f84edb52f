import { describe, expect, it } from 'vitest';
import { watchLines } from '../../../lib/commands/watch-lines.ts';
import { widthOf } from '../../../lib/base/width.ts';
import { hostile, many, nodeBehind, nodeDown, nothingYet, snapshot } from '../../support/page/snapshots.ts';

const NODES = ['NODE  ADDRESS', 'web1  192.168.69.11', 'web2  192.168.69.12', 'web3  192.168.69.13'];
const STATES = { hostile: hostile(), many: many(), nodeBehind: nodeBehind(), nodeDown: nodeDown() };

describe('status --watch', () => {
  it('shows the same facts as the page', () => {
    expect(watchLines(snapshot(), NODES, null)).toEqual([
      '✓ all is well (seen by web1 at 2026-11-28 09:00:00 UTC)',
      '',
      ...NODES,
      '',
      '✓ Who holds the VIP: 192.168.69.10: held by web1',
      '✓ Next renewal: mail.example.com, in 19 days, on 2026-12-17, by web1, which holds the VIP',
      '✓ Outstanding on web1: nothing to deliver',
      '✓ Doctor on web1: 31 passed, 0 warnings, 0 failed, 3 h ago',
      '',
      'CERTIFICATE       LEFT       RENEWS      NODES AND VIPS         ISSUED',
      'mail.example.com  ✓ 49 days  in 19 days  ✓ newest where probed  2026-10-18',
      'shop.example.org  ✓ 87 days  in 57 days  ✓ newest everywhere    2026-11-25',
      'www.example.com   ✓ 78 days  in 48 days  ✓ newest everywhere    2026-11-16',
      '',
      'TIME, UTC       EVENT                   OF                             WHERE          TOOK    OUTCOME',
      '11-28 08:59:32  ✓ sync                  –                              here           412 ms  ok',
      '11-25 09:00:12  ✓ renewal               shop.example.org               here           6.3 s   ok',
      '11-25 09:00:11  ✓ certificate gate      shop.example.org               192.168.69.10  803 ms  ok',
      '11-25 09:00:09  ✓ delivery              shop.example.org               web2           1.2 s   ok',
      '11-25 09:00:03  ✓ challenge gate        shop.example.org               web2           38 ms   ok',
      '11-25 09:00:02  ✓ challenges presented  shop.example.org, 1 challenge  web2           9 ms    ok',
      '11-24 09:00:12  ✗ delivery              www.example.com                web3           10.0 s  agent-silent',
    ]);
  });

  it('says what a node has and serves that is not the newest, and what cannot be known', () => {
    const behind = watchLines(nodeBehind(), NODES, null);
    expect(behind).toContainEqual(expect.stringContaining('✗ web3 has older: 2026-09-18, serves another'));
    expect(behind).toContain('! Outstanding on web1: 1 delivery, since 2026-11-16 09:00 UTC');
    expect(watchLines(nodeDown(), NODES, null)).toContainEqual(
      expect.stringContaining('? web2 has: unknown, serves nothing'),
    );
    expect(watchLines(nothingYet(), NODES, null)[0]).toContain('– no certificate yet');
  });

  it.each(Object.entries(STATES))('stays within a terminal: %s', (_, seen) => {
    for (const room of [
      { columns: 79, rows: 23 },
      { columns: 139, rows: 45 },
    ]) {
      const lines = watchLines(seen, NODES, room);
      expect(lines.filter((line) => widthOf(line) > room.columns)).toEqual([]);
      // Nothing moves the cursor or turns the text about, whoever has written it.
      expect(lines.filter((line) => /\p{Cc}|\p{Cf}/u.test(line))).toEqual([]);
    }
  });

  it.each([
    ['many', many()],
    ['nodeBehind', nodeBehind()],
    ['nodeDown', nodeDown()],
  ])('has no more lines than fit, and says how many are left out: %s', (_, seen) => {
    const lines = watchLines(seen, NODES, { columns: 79, rows: 23 });
    expect(lines.length).toBeLessThanOrEqual(23);
    expect(lines).toContainEqual(expect.stringMatching(/^✓ Outstanding|^! Outstanding/));
  });

  it('keeps what stands above everything else, however small the terminal is', () => {
    const lines = watchLines(nodeDown(), NODES, { columns: 79, rows: 11 });
    expect(lines).toHaveLength(11);
    expect(lines[0]).toMatch(/^✗ 3 things to look at/);
    expect(lines.at(-1)).toMatch(/^… and \d+ more lines$/);
  });
});
