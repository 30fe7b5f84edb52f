import type { LabNode, RunResult } from '../../test/lab/contract.ts';
import { CA_FILE } from '../../test/lab/booted/base.ts';
import { challengesOf, type Sharing } from '../../test/lab/sharing/system.ts';
import type { MovingCa } from './moving-ca.ts';

/** How many of so many runs of certbot got their certificate, and why the others did not. */
export interface Issuances {
  readonly succeeded: number;
  readonly of: number;
  /** Wall time of each run of certbot. */
  readonly eachMs: readonly number[];
  readonly failed: readonly FailedRun[];
  /** Where the bench itself failed, not the way: another run was made in the place of each. */
  readonly repeated: readonly FailedRun[];
}

export interface FailedRun {
  readonly domain: string;
  /** Where certbot ran. */
  readonly node: string;
  /** The CA's words or certbot's last ones, without names, addresses and tokens: those of one cause are alike. */
  readonly why: string;
  /** The end of certbot's output. */
  readonly said: string;
}

export interface Way {
  /** A word for names and directories. */
  readonly name: string;
  /** Arguments of `certbot certonly`. */
  readonly how: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const CERTBOT_MS = 120_000;

/** The bench's name server or its CA was too slow. No way of sharing a webroot has a part in these. */
const OF_THE_BENCH =
  /could not resolve URL|while resolving URL|DNS lookup for|requests\.exceptions|Read timed out/i;

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
  const [failed, repeated]: [FailedRun[], FailedRun[]] = [[], []];
  let [open, begun] = [count, 0];
  const runLane = async (lane: number) => {
    while (open > 0) {
      open -= 1;
      begun += 1;
      const node = ca.holder(lane);
      const way = wayOf(node, lane);
      const domain = `i${begun}.l${lane}.${way.name}.example.test`;
      const startedMs = performance.now();
      const result = await certonly(ca, node, lane, domain, way);
      const failure = result.code === 0 ? null : { domain, node: node.name, ...whyFailed(result) };
      if (failure !== null && OF_THE_BENCH.test(failure.said) && repeated.length < count) {
        repeated.push(failure);
        open += 1;
        continue;
      }
      eachMs.push(performance.now() - startedMs);
      if (failure !== null) failed.push(failure);
    }
  };
  await Promise.all(ca.vips.map((_, lane) => runLane(lane)));
  return { succeeded: count - failed.length, of: count, eachMs, failed, repeated };
}

async function certonly(
  ca: MovingCa,
  node: LabNode,
  lane: number,
  domain: string,
  { name: way, how, env }: Way,
): Promise<RunResult> {
  const directory = `/root/certbot-${way}-${lane}`;
  const argv = [
    ...['certbot', 'certonly', '--non-interactive', '--agree-tos', '-m', 'admin@example.test'],
    ...['--server', ca.directoryUrl, '--config-dir', directory, '--work-dir', `${directory}/work`],
    ...['--logs-dir', `${directory}/logs`, '--key-type', 'ecdsa', '-d', domain, ...how],
  ];
  try {
    return await node.run(argv, { timeoutMs: CERTBOT_MS, env: { REQUESTS_CA_BUNDLE: CA_FILE, ...env } });
  } catch (error) {
    return { code: 137, stdout: '', stderr: `  Detail: ${(error as Error).message.split('\n')[0]}` };
  }
}

function whyFailed({ stdout, stderr }: RunResult): Pick<FailedRun, 'why' | 'said'> {
  const said = `${stdout}\n${stderr}`.trim().replaceAll(/[\w-]{43}/g, 'TOKEN');
  const line = /Detail: (.*)/.exec(said)?.[1] ?? said.split('\n').at(-1) ?? '';
  const why = line
    .replaceAll(/\b[\w-]+\.l\d+\.\w+\.example\.test/g, 'NAME')
    .replaceAll(/\b192\.168\.69\.\d+/g, 'ADDRESS');
  return { why: why.slice(0, 200), said: said.slice(-2_000) };
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
