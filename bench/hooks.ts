import { dirname } from 'node:path';
import type { Lab, LabNode } from '../test/lab/contract.ts';
import { randomBytes } from 'node:crypto';
import { costOn } from './cost.ts';
import { medianOf, ratio, type Figure } from './figure.ts';

const ROUNDS = 21;
const PEAK_ROUNDS = 3;
const PEAK_AT_MOST_MB = 60;
const AT_MOST = { early: 0.1, gating: 2.2 };

/** By its name and program a certbot, as far as hooks can tell. */
const CERTBOT = 'import subprocess, sys\nsys.exit(subprocess.run(sys.argv[1:]).returncode)\n';
const CERTBOT_FILE = '/run/bench/certbot';

/**
 * Runs inside a host, below what goes for a certbot, so that nothing but the programs is measured: in turns bare Node.js, the first
 * hooks of a batch, which only record or do nothing, and an auth hook that pushes to two peers and gates four targets.
 */
const PROGRAM = `
const { spawnSync } = require('node:child_process');
const { randomBytes } = require('node:crypto');
const rounds = Number(process.argv[1]);
if (process.argv[2]) process.env.NODE_EXTRA_CA_CERTS = process.argv[2];
const times = { bare: [], recording: [], passing: [], gating: [] };
const run = (program, args, env) => {
  const started = process.hrtime.bigint();
  const { status, stderr } = spawnSync(program, args, { env: { ...process.env, ...env } });
  if (status !== 0) throw new Error(program + ': ' + stderr);
  return Number(process.hrtime.bigint() - started) / 1e6;
};
const hookEnv = (remainingChallenges) => {
  const token = randomBytes(32).toString('base64url');
  return {
    CERTBOT_DOMAIN: 'bench.example.test', CERTBOT_ALL_DOMAINS: 'bench.example.test',
    CERTBOT_TOKEN: token, CERTBOT_VALIDATION: token + '.' + randomBytes(32).toString('base64url'),
    CERTBOT_REMAINING_CHALLENGES: String(remainingChallenges),
  };
};
for (let round = 0; round < rounds; round += 1) {
  times.bare.push(run('node', ['-e', '0'], {}));
  times.recording.push(run('certbot-ha-auth', [], hookEnv(1)));
  times.passing.push(run('certbot-ha-cleanup', [], hookEnv(1)));
  const env = hookEnv(0);
  times.gating.push(run('certbot-ha-auth', [], env));
  run('certbot-ha-cleanup', [], env);
}
console.log(JSON.stringify(times));
`;

export async function measureHooks(lab: Lab): Promise<readonly Figure[]> {
  const node = await lab.holder();
  return [
    ...(await inTurns(node, 'with NODE_EXTRA_CA_CERTS', ['/etc/ssl/certs/ca-certificates.crt'])),
    ...(await inTurns(node, 'bare environment', [])),
    ...(await measurePeaks(node)),
  ];
}

/**
 * Node.js 20 starts in two speeds: where NODE_EXTRA_CA_CERTS is set, as many a site does, it reads
 * all public authorities first. The hook's own share is the same in both.
 */
async function inTurns(node: LabNode, where: string, extraCa: readonly string[]): Promise<readonly Figure[]> {
  await node.check(['mkdir', '-p', dirname(CERTBOT_FILE)]);
  await node.writeFile(CERTBOT_FILE, CERTBOT);
  const argv = ['python3', CERTBOT_FILE, 'node', '-e', PROGRAM, '--', String(ROUNDS), ...extraCa];
  const text = await node.check(argv, { timeoutMs: 120_000 });
  const times = JSON.parse(text) as Record<'bare' | 'recording' | 'passing' | 'gating', number[]>;
  return [
    ratio(`auth hook that only records / node -e 0, ${where}`, times.recording, times.bare, AT_MOST.early),
    ratio(
      `clean-up hook of all but the last / node -e 0, ${where}`,
      times.passing,
      times.bare,
      AT_MOST.early,
    ),
    ratio(`auth hook, 2 peers, 4 targets / node -e 0, ${where}`, times.gating, times.bare, AT_MOST.gating),
  ];
}

/** The largest process of the hooks that push, gate and clean up. */
async function measurePeaks(node: LabNode): Promise<readonly Figure[]> {
  const peaks = { auth: [] as number[], cleanup: [] as number[] };
  for (let round = 0; round < PEAK_ROUNDS; round += 1) {
    const token = randomBytes(32).toString('base64url');
    const env = [
      ...['CERTBOT_DOMAIN=bench.example.test', 'CERTBOT_ALL_DOMAINS=bench.example.test'],
      ...[`CERTBOT_TOKEN=${token}`, `CERTBOT_VALIDATION=${token}.${randomBytes(32).toString('base64url')}`],
      'CERTBOT_REMAINING_CHALLENGES=0',
    ];
    for (const kind of ['auth', 'cleanup'] as const)
      peaks[kind].push((await costOn(node, ['env', ...env, `certbot-ha-${kind}`])).peakMb);
  }
  const limit = { unit: 'MB', atMost: PEAK_AT_MOST_MB };
  return [
    medianOf('auth hook, 2 peers, 4 targets, peak memory', peaks.auth, limit),
    medianOf('clean-up hook, peak memory', peaks.cleanup, limit),
  ];
}
