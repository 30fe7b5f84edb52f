import { expect, test } from 'vitest';
import { complaint } from '../../../lib/doctor/check.ts';
import { nextFor } from '../../../lib/doctor/next.ts';
import { runCommand } from '../../../lib/system/run-command.ts';
import { SAMPLES_OF_BUNDLES } from '../findings/samples-of-bundles.ts';
import { SAMPLES_OF_DOCTOR } from '../findings/samples-of-doctor.ts';
import { SAMPLES_OF_NODES } from '../findings/samples-of-nodes.ts';
import { SAMPLES_OF_SELF } from '../findings/samples-of-self.ts';
import { configIn } from './healthy.ts';

/** What a shell would run of it: the first word of each command, before what a # has behind it. */
function programsIn(step: string): readonly string[] {
  const typed = step.replace(/(^|\s)#.*/, '').replaceAll(/'(?:[^']|'\\'')*'|"[^"]*"/g, 'WORD');
  const commands = typed.split(/&&|\|\||[;|]/).map((command) => command.trim());
  return commands.filter((command) => command !== '').map((command) => command.split(' ')[0] ?? '');
}

const PROGRAMS: ReadonlySet<string> = new Set([
  ...[
    'systemctl',
    'journalctl',
    'timedatectl',
    'nginx',
    'certbot',
    'certbot-ha',
    'dig',
    'getent',
    'ip',
    'ss',
  ],
  ...[
    'nft',
    'install',
    'sha256sum',
    'sed',
    'grep',
    'df',
    'ls',
    'find',
    'chown',
    'mkdir',
    'printf',
    'cp',
    'cat',
  ],
  ...['systemd-analyze', 'findmnt', 'dmesg', 'chmod', 'namei', 'du', 'sort', 'tail'],
]);

test('what is to be typed is commands of a shell, and all else stands behind a #', async () => {
  const all = [...SAMPLES_OF_SELF, ...SAMPLES_OF_NODES, ...SAMPLES_OF_BUNDLES, ...SAMPLES_OF_DOCTOR];
  const steps = all.flatMap((found) => {
    const step = nextFor(found);
    return step === null ? [] : [step];
  });
  expect(steps.length).toBeGreaterThan(40);
  expect(steps.flatMap((step) => programsIn(step).filter((program) => !PROGRAMS.has(program)))).toEqual([]);
  const script = steps.map((step) => `${step}\n`).join('');
  const { code, stderr } = await runCommand(['sh', '-n'], { input: script, timeoutMs: 5_000 });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('keys are compared where the configuration has them', () => {
  const config = configIn('/srv', { agent: { ...configIn('/srv').agent, keyFile: '/srv/a key' } });
  const { next } = complaint('fail', { code: 'key-mismatch', port: 9480 }, { config });
  expect(next).toBe("sha256sum '/srv/a key'  # it has to print the same on every node");
});
