import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { CertbotHaError } from '../../../lib/base/errors.ts';
import type { CommandIo, Say } from '../../../lib/base/io.ts';
import { printError } from '../../../lib/base/report-error.ts';
import { runSnippet } from '../../../lib/commands/run-snippet.ts';
import { fitted } from '../../../lib/commands/wrap.ts';
import { FIREWALL_KINDS } from '../../../lib/setup/firewall/firewall.ts';
import { PART_KINDS } from '../../../lib/webserver/challenge-part.ts';
import { expect, test } from '../../support/temporary.ts';

test.for([
  ['fits exactly here', 17, 'fits exactly here'],
  ['web2 192.0.2.12: no answer within 5 s', 20, 'web2 192.0.2.12: no\n  answer within 5 s'],
  ['NODE  ADDRESS     NOTE at last', 16, 'NODE  ADDRESS\n  NOTE at last'],
  ['/a/path/that/is/longer than that', 10, '/a/path/that/is/longer\n  than\n  that'],
  ['節点 節点 節点', 10, '節点 節点\n  節点'],
  // What is to be typed or copied, and what programs read.
  ['  next: certbot-ha install-lineage --wait 5', 20, '  next: certbot-ha install-lineage --wait 5'],
  ['{\n  "a": "long, and in several lines"\n}', 10, '{\n  "a": "long, and in several lines"\n}'],
  ['nobody knows how wide', 0, 'nobody knows how wide'],
] as const)('prose: %j on %i columns', ([line, columns, expected]) => {
  expect(fitted(line, { kind: 'prose', columns })).toBe(expected);
});

test('what is not known to be prose is whole', () => {
  const line = 'ufw prepend allow from 192.0.2.12 proto tcp to any port 9480';
  expect(fitted(line, { kind: undefined, columns: 20 })).toBe(line);
});

/** What a terminal shows that is so wide, of lines on stderr. */
function screen(columns: number): { readonly err: Say; readonly shown: string[] } {
  const shown: string[] = [];
  const err: Say = (line, kind) => {
    shown.push(...fitted(line, { kind, prefix: 'certbot-ha: ', columns }).split('\n'));
  };
  return { err, shown };
}

describe.each([40, 60, 80])('on %i columns', (columns) => {
  test('an error is broken between words, and its next step is whole', () => {
    const { err, shown } = screen(columns);
    const hint =
      'cat key | ssh root@web2.example.com certbot-ha init --join --self web2 --address 192.0.2.12 --webroot /srv/acme';
    const said =
      'a line of a program that is far longer than any terminal on which somebody would read it today';
    const words = `a directory of one's own, which ${'is named at length '.repeat(8)}`.trim();
    const found = { code: 'inbox-not-watchable', directory: words } as const;
    const failed = { code: 'set-up-command-failed', command: hint, end: 'exit 1', said: [said] } as const;
    printError(new CertbotHaError('failed', [found, failed], { hint }), err);
    const whole = [
      `certbot-ha: ${hint}: exit 1 [${failed.code}]`,
      `certbot-ha:   ${said}`,
      `certbot-ha:   ${hint}`,
    ];
    expect(shown.slice(-3)).toEqual(whole);
    expect(shown.length).toBeGreaterThan(4);
    for (const line of shown.slice(0, -3)) expect(line.length).toBeLessThanOrEqual(columns);
  });

  test.for([...PART_KINDS, ...FIREWALL_KINDS, 'selinux'])(
    'snippet %s is whole',
    async (kind, { directory }) => {
      const config = join(directory, 'config.yaml');
      const webroot = `/srv/${'a-long-name/'.repeat(8)}acme`;
      await mkdir(join(directory, 'bin'));
      await writeFile(
        config,
        `nodes: {web1: 192.0.2.11, web2: 192.0.2.12}\nself: web1\nwebroot: ${webroot}\n`,
      );
      const [shown, lines]: [string[], string[]] = [[], []];
      const io: CommandIo = {
        ...{ env: { CERTBOT_HA_CONFIG: config, PATH: join(directory, 'bin') }, pid: 1, isTerminal: true },
        out: (line, how) => {
          lines.push(line);
          shown.push(...fitted(line, { kind: how, columns }).split('\n'));
        },
        err: () => undefined,
        interruption: () => new AbortController().signal,
      };
      await runSnippet(io, [kind], { isWritten: false, isForced: false, root: directory });
      expect(Math.max(...lines.map((line) => line.length))).toBeGreaterThan(40);
      expect(shown).toEqual(lines);
    },
  );
});
