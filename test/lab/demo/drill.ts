import { must } from './failure.ts';
import type { Stage } from './stage.ts';

/** A rehearsal on the node that will run certbot. */
export async function drill({ screen, names, signal, cast: { issuer } }: Stage): Promise<void> {
  screen.heading('A drill: the whole path with made-up tokens, before any CA is asked');
  const argv = ['certbot-ha', 'drill', ...names];
  screen.event(issuer.name, `$ ${argv.join(' ')}`, 'command');
  const { code, stdout, stderr } = await issuer.run(argv, { signal });
  const lines = stdout.trimEnd().split('\n');
  must(
    code === 0,
    [`the drill on ${issuer.name} ended with exit ${code}`, ...lines, stderr.trim()].join('\n'),
  );
  const verdict = lines.pop() ?? '';
  screen.event(issuer.name, lines);
  screen.event(issuer.name, verdict, 'good');
}
