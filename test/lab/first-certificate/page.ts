import type { Lab } from '../contract.ts';
import { typeOn } from './hosts.ts';
import { upToServing, type Taken, type Typed } from './transcript.ts';

const PACKAGES = ['certbot', 'nginx', 'keepalived', 'nodejs', 'openssh-server'];
const VERSIONS = `. /etc/os-release; echo "$PRETTY_NAME"
dpkg-query --show --showformat='\${db:Status-Abbrev} \${Package} \${Version}\\n' ${PACKAGES.join(' ')} 2>/dev/null | sed -n 's/^ii *//p'`;

/** What was typed and said, as a page of the documentation. */
export async function transcriptPage({ nodes: [web1] }: Lab, taken: readonly Taken[]): Promise<string> {
  if (web1 === undefined) throw new Error('a lab without nodes');
  const [name = '', ...packages] = (await typeOn(web1, VERSIONS)).trimEnd().split('\n');
  const counted = upToServing(taken).flatMap(({ typed }) => typed);
  const seconds = Math.ceil(counted.reduce((sum, one) => sum + one.seconds, 0));
  const steps = new Map<string, Typed[]>();
  for (const { title, typed } of taken) steps.set(title, [...(steps.get(title) ?? []), ...typed]);
  return (
    [
      `# The first certificate, on ${name}`,
      '',
      `README.md's [five minutes](../../README.md#the-first-certificate-in-five-minutes), followed word by word on three hosts with`,
      `nothing of certbot-ha: **${counted.length} commands, ${seconds} s**, until every node and the VIP served the certificate.`,
      '',
      ...packages.map((one) => `- ${one}`),
      '',
      '`npx jiti scripts/record-transcripts.ts` makes this page. Its hosts are booted in namespaces. Their CA is Pebble, in place of',
      "Let's Encrypt: `/etc/letsencrypt/cli.ini` names it, and has the answers to what certbot asks.",
      '',
      ...[...steps].flatMap(([title, typed]) => [
        `## ${title}`,
        '',
        '```console',
        ...typed.flatMap(linesOf),
        '```',
        '',
      ]),
    ]
      .join('\n')
      .trimEnd() + '\n'
  );
}

function linesOf({ command, output }: Typed): readonly string[] {
  const [first = '', ...more] = command.split('\n');
  const said = output
    .trimEnd()
    .split('\n')
    // Of the lab, which has no terminal.
    .filter((line) => !line.startsWith('debconf: '))
    // What a program has shown in place of a line before.
    .map(
      (line) =>
        line
          .split('\r')
          .findLast((part) => part.trim() !== '')
          ?.trimEnd() ?? '',
    );
  return [`web1# ${first}`, ...more, ...(output.trim() === '' ? [] : said)];
}

/** The commands that a page shows, each as its lines. */
export function commandsShown(page: string): readonly string[] {
  return [...page.matchAll(/^web1# (.+)$/gm)].map(([, line = '']) => line);
}
