import { checkCommand, runCommand } from './command.ts';
import { startKeeper } from './keeper.ts';
import { mountRoot } from './booted/roots.ts';
import { attach, createBridge } from './booted/network.ts';

const PROGRAMS = [
  'unshare',
  'nsenter',
  'ip',
  'systemd-nspawn',
  'keepalived',
  'sshd',
  'rrsync',
  'openssl',
  'pebble',
];

/** Why hosts cannot be booted here, found by trying what booting needs; null when they can. */
export async function obstacleToBooting(): Promise<string | null> {
  if (process.getuid?.() !== 0) return 'this needs root';
  const missing = await missingPrograms(PROGRAMS);
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
  try {
    const keeper = await startKeeper();
    try {
      await createBridge(keeper);
      await attach(keeper, { name: 'trial', number: 99, address: '192.168.69.99', address6: null });
      const root = await mountRoot(keeper, 'trial');
      await checkCommand(keeper.enter(['test', '-x', `${root.path}/lib/systemd/systemd`]));
    } finally {
      await keeper.close();
    }
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

async function missingPrograms(names: readonly string[]): Promise<readonly string[]> {
  const script = 'for name; do command -v "$name" >/dev/null || echo "$name"; done';
  const { stdout } = await runCommand(['sh', '-c', script, 'sh', ...names]);
  return stdout.split('\n').filter(Boolean);
}
