import type { X509Certificate } from 'node:crypto';
import { expect } from 'vitest';
import { namesOf } from '../../../lib/lineage/names.ts';
import { CA_FILE } from '../booted/base.ts';
import type { CertbotOptions, LabNode, RunResult } from '../lab.ts';
import { leafOn, serialOf } from './installed.ts';
import { serveOn } from './serve.ts';
import type { Stage } from './stage.ts';

/** A run of certbot. */
export interface CertbotRun extends RunResult {
  /** certbot's stderr, where what hooks wrote to theirs is too. */
  readonly complaints: string;
  /** The deploy hook's own lines of it. */
  readonly deployComplaints: string;
  /** How many certificates certbot has asked for: a renewal that no auth hook ran for is made once more. */
  readonly runs: number;
}

export interface IssueOptions extends CertbotOptions {
  /** A shell command, as certbot takes it; default `certbot-ha-auth`. */
  readonly authHook?: string;
  /** With the deploy hook. Default false. */
  readonly deploys?: boolean;
  readonly args?: readonly string[];
}

export interface RenewOptions extends CertbotOptions {
  /** How many auth hooks have to run; default 1. */
  readonly hooks?: number;
}

type Names = string | readonly string[];

export interface Issuing {
  /**
   * `certbot certonly` as an operator runs it. No hook may have anything to complain of, and the certificate must be
   * there. Gives stdout.
   */
  issue(from: LabNode, names: Names, options?: IssueOptions): Promise<string>;
  /** As `issue`, however it ends. */
  tryIssue(from: LabNode, names: Names, options?: IssueOptions): Promise<CertbotRun>;
  /** Issues with the deploy hook; then every node's nginx is configured for the lineage. Gives the serial number. */
  issueEverywhere(from: LabNode, name: string): Promise<string>;
  /**
   * `certbot renew --force-renewal` for a lineage or `all`; its hooks come from the renewal configuration and may have
   * nothing to complain of. Gives stdout.
   */
  renew(from: LabNode, name: string, options?: RenewOptions): Promise<string>;
  /** As `renew`, however it ends. */
  tryRenew(from: LabNode, name: string, options?: RenewOptions): Promise<CertbotRun>;
  /** `certbot-ha certonly` as an operator runs it, with what else it is given, however it ends. */
  certonly(on: LabNode, name: string, args?: readonly string[]): Promise<RunResult>;
  /** certbot with nothing but what it is told by the lineages' renewal configuration, however it ends. */
  plainCertbot(on: LabNode, args: readonly string[]): Promise<RunResult>;
  /** certbot ended well, and no hook had anything to complain of. */
  expectSuccess(run: RunResult): void;
  /** The CA's certificate for exactly these names lies where certbot puts it. Gives the leaf. */
  expectCertificate(on: LabNode, names: Names, configDir?: string): Promise<X509Certificate>;
}

export function issuing(stage: Stage): Issuing {
  const tryIssue: Issuing['tryIssue'] = async (from, names, options = {}) =>
    runOf(await stage.lab.certbot(from, certonly(listOf(names), options), options));
  const tryRenew: Issuing['tryRenew'] = async (from, name, options = {}) =>
    await renew(stage, from, { name, ...options });
  const issue: Issuing['issue'] = async (from, names, options = {}) => {
    const run = await tryIssue(from, names, options);
    expectSuccess(run);
    await expectCertificate(from, names, options.configDir);
    return run.stdout;
  };
  return {
    issue,
    tryIssue,
    async issueEverywhere(from, name) {
      await issue(from, name, { deploys: true });
      await serveOn(stage, [name], stage.nodes);
      return serialOf(await leafOn(from, name));
    },
    async renew(from, name, options) {
      const run = await tryRenew(from, name, options);
      expectSuccess(run);
      return run.stdout;
    },
    tryRenew,
    async certonly(on, name, args = []) {
      const ca = [
        '--server',
        stage.lab.directoryUrl,
        '--no-verify-ssl',
        '--agree-tos',
        '-m',
        'a@example.test',
      ];
      const argv = ['certbot-ha', 'certonly', ...args, '-d', name, ...ca, '-n'];
      return await on.run(argv, { timeoutMs: 120_000 });
    },
    async plainCertbot(on, args) {
      // Without a terminal a renewal would first sleep.
      const argv = ['certbot', ...args, '--non-interactive', '--no-random-sleep-on-renew'];
      return await on.run(argv, { timeoutMs: 120_000, env: { REQUESTS_CA_BUNDLE: CA_FILE } });
    },
    expectSuccess,
    expectCertificate,
  };
}

function certonly(
  names: readonly string[],
  { authHook = 'certbot-ha-auth', deploys = false, args = [] }: IssueOptions,
): readonly string[] {
  const hooks = ['--manual-auth-hook', authHook, '--manual-cleanup-hook', 'certbot-ha-cleanup'];
  const deploy = deploys ? ['--deploy-hook', 'certbot-ha-deploy'] : [];
  const domains = names.flatMap((name) => ['-d', name]);
  const manual = ['certonly', '--manual', '--preferred-challenges', 'http'];
  return [...manual, ...hooks, ...deploy, ...domains, ...args];
}

async function renew(
  { lab }: Stage,
  from: LabNode,
  { name, hooks = 1, ...options }: RenewOptions & { readonly name: string },
): Promise<CertbotRun> {
  const only = name === 'all' ? [] : ['--cert-name', name];
  // One of a hundred valid authorizations Pebble uses again also when it is told never to: no hook runs for it.
  for (let runs = 1; ; runs += 1) {
    const result = await lab.certbot(from, ['renew', '--force-renewal', ...only], options);
    if (authHooksIn(result) === hooks || result.code !== 0 || runs === 3) return runOf(result, runs);
    await Promise.all(lab.nodes.map(removeStaged));
  }
}

/** What a roll-out that stopped has left staged, which the agent removes after a day. What is being installed stays. */
async function removeStaged({ paths: { stateDir }, run }: LabNode): Promise<void> {
  await run(['sh', '-c', 'ls -A "$0/activated" | grep -q . || rm -rf "$0"/bundles/*', `${stateDir}/inbox`]);
}

/** How many have run, by what they said, well or not. */
function authHooksIn({ stdout, stderr }: RunResult): number {
  const said = (text: string) =>
    text.match(/'--manual-auth-hook' for .* ran with (?:error )?output/g)?.length ?? 0;
  return Math.max(said(stdout), said(stderr));
}

function runOf(result: RunResult, runs = 1): CertbotRun {
  const { stderr } = result;
  return {
    ...result,
    runs,
    complaints: complaintsIn(stderr),
    deployComplaints: /Hook 'deploy-hook' ran with error output:\n([\s\S]*)/.exec(stderr)?.[1] ?? '',
  };
}

function complaintsIn(stderr: string): string {
  return stderr.replace(/^Saving debug log to .*\n/m, '');
}

function expectSuccess({ code, stdout, stderr }: RunResult): void {
  expect({ code, stdout, stderr: complaintsIn(stderr) }).toMatchObject({ code: 0, stderr: '' });
}

async function expectCertificate(on: LabNode, names: Names, configDir?: string): Promise<X509Certificate> {
  const all = listOf(names);
  const leaf = await leafOn(on, all[0] ?? '', configDir);
  expect(leaf.issuer).toMatch(/Pebble/);
  expect(namesOf(leaf).toSorted()).toEqual(all.toSorted());
  return leaf;
}

function listOf(names: Names): readonly string[] {
  return typeof names === 'string' ? [names] : names;
}
