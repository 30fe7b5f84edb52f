import type { CertbotOptions, LabNode, RunResult } from './contract.ts';

const TIMEOUT_MS = 120_000;

export interface CertbotContext {
  readonly directoryUrl: string;
  /** The file of what has to be trusted, on the node. */
  readonly caFile: string;
  readonly node: LabNode;
}

/** Runs certbot on the node as an operator would from a script, against the lab's CA. */
export async function runCertbot(
  { directoryUrl, caFile, node }: CertbotContext,
  args: readonly string[],
  { configDir, ...options }: CertbotOptions = {},
): Promise<RunResult> {
  const directories =
    configDir === undefined
      ? []
      : ['--config-dir', configDir, '--work-dir', `${configDir}/work`, '--logs-dir', `${configDir}/logs`];
  const common = [
    ...['--server', directoryUrl, '--agree-tos', '-m', 'admin@example.test', '--non-interactive'],
    // Without a terminal `renew` would first sleep for up to eight minutes.
    '--no-random-sleep-on-renew',
  ];
  return node.run(['certbot', ...args, ...common, ...directories], {
    timeoutMs: TIMEOUT_MS,
    ...options,
    env: { REQUESTS_CA_BUNDLE: caFile, ...options.env },
  });
}
