import type { LabNode, RunResult } from '../../test/lab/contract.ts';
import { CA_FILE } from '../../test/lab/booted/base.ts';
import { challengesOf, type Sharing } from '../../test/lab/sharing/system.ts';
import type { MovingCa } from './moving-ca.ts';

/** How many of so many runs of certbot got their certificate, and why the others did not. */
export interface Issuances {
  readonly succeeded: number;
  readonly of: number;
  /** Wall time of one run of certbot, median of all. */
  readonly eachMs: readonly number[];
  /** The CA's or certbot's words, and how often. */
  readonly failures: Readonly<Record<string, number>>;
}

export interface Way {
  /** A word for names and directories. */
  readonly name: string;
  /** Arguments of `certbot certonly`. */
  readonly how: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const CERTBOT_MS = 120_000;

/**
 * Runs certbot as often, in as many lanes side by side as there are VIPs: each time on the node that has the lane's VIP, which moves to the
 * next node when the CA looks up the name.
 */
export async function issueOften(
  ca: MovingCa,
  count: number,
  wayOf: (node: LabNode, lane: number) => Way,
): Promise<Issuances> {
  const eachMs: number[] = [];
  const failures: Record<string, number> = {};
  let begun = 0;
  const runLane = async (lane: number) => {
    while (begun < count) {
      begun += 1;
      const name = `i${begun}.l${lane}`;
      const node = ca.holder(lane);
      const startedMs = performance.now();
      const why = whyFailed(await certonly(ca, node, lane, name, wayOf(node, lane)));
      eachMs.push(performance.now() - startedMs);
      if (why !== null) failures[why] = (failures[why] ?? 0) + 1;
    }
  };
  await Promise.all(ca.vips.map((_, lane) => runLane(lane)));
  const failed = Object.values(failures).reduce((sum, more) => sum + more, 0);
  return { succeeded: count - failed, of: count, eachMs, failures };
}

async function certonly(
  ca: MovingCa,
  node: LabNode,
  lane: number,
  name: string,
  { name: way, how, env }: Way,
): Promise<RunResult> {
  const directory = `/root/certbot-${way}-${lane}`;
  const argv = [
    ...['certbot', 'certonly', '--non-interactive', '--agree-tos', '-m', 'admin@example.test'],
    ...['--server', ca.directoryUrl, '--config-dir', directory, '--work-dir', `${directory}/work`],
    ...[
      '--logs-dir',
      `${directory}/logs`,
      '--key-type',
      'ecdsa',
      '-d',
      `${name}.${way}.example.test`,
      ...how,
    ],
  ];
  try {
    return await node.run(argv, { timeoutMs: CERTBOT_MS, env: { REQUESTS_CA_BUNDLE: CA_FILE, ...env } });
  } catch (error) {
    return { code: 137, stdout: '', stderr: `  Detail: ${(error as Error).message.split('\n')[0]}` };
  }
}

/** Without names, addresses and tokens, so that those of one cause are counted together. */
function whyFailed({ code, stdout, stderr }: RunResult): string | null {
  if (code === 0) return null;
  const said = `${stdout}\n${stderr}`;
  const line = /Detail: (.*)/.exec(said)?.[1] ?? said.trim().split('\n').at(-1) ?? '';
  return line
    .replaceAll(/\b[\w-]+\.l\d+\.\w+\.example\.test/g, 'NAME')
    .replaceAll(/\b192\.168\.69\.\d+/g, 'VIP')
    .replaceAll(/[\w-]{43}/g, 'TOKEN')
    .slice(0, 160);
}

/** certbot with what the field has on this system: `--webroot`, or a hook that writes, copies and returns. */
export async function plainWay(nodes: readonly LabNode[], sharing: Sharing): Promise<(node: LabNode) => Way> {
  const { push, remove } = sharing;
  if (push === undefined) {
    return ({ paths }) => ({ name: 'plain', how: ['--webroot', '-w', paths.webroot] });
  }
  for (const node of nodes) {
    const file = `"${challengesOf(node)}/$1"`;
    const auth = `mkdir -p ${challengesOf(node)}\nprintf %s "$CERTBOT_VALIDATION" >${file}\n${push(node)}`;
    const cleanup = `rm -f ${file}\n${remove?.(node) ?? ''}`;
    for (const [name, script] of Object.entries({ auth, cleanup }))
      await node.writeFile(`/root/plain-${name}`, `#!/bin/sh\nset -- "$CERTBOT_TOKEN"\n${script}\n`, {
        mode: 0o755,
      });
  }
  return () => ({ name: 'plain', how: byHooks('/root/plain-auth', '/root/plain-cleanup') });
}

/** certbot with certbot-ha's hooks. Each lane has a configuration of its own, since it has a VIP of its own. */
export async function ourWay(
  nodes: readonly LabNode[],
  ca: MovingCa,
  configOf: (vips: readonly string[]) => string,
): Promise<(node: LabNode, lane: number) => Way> {
  const fileOf = (lane: number) => `/etc/certbot-ha/lane-${lane}.yaml`;
  for (const node of nodes) {
    for (const [lane, vip] of ca.vips.entries()) await node.writeFile(fileOf(lane), configOf([vip]));
  }
  const how = byHooks('certbot-ha-auth', 'certbot-ha-cleanup');
  return (_, lane) => ({ name: 'ours', how, env: { CERTBOT_HA_CONFIG: fileOf(lane) } });
}

function byHooks(auth: string, cleanup: string): readonly string[] {
  const hooks = ['--manual-auth-hook', auth, '--manual-cleanup-hook', cleanup];
  return ['--manual', '--preferred-challenges', 'http', ...hooks];
}
