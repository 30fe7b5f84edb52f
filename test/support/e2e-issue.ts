import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { CertbotOptions, Lab, LabNode, RunResult } from '../lab/lab.ts';
import { namesOf } from '../../lib/lineage/names.ts';

export interface IssueOptions extends CertbotOptions {
  /** A shell command, as certbot takes it; default `certbot-ha-auth`. */
  readonly authHook?: string;
  /** Default none. */
  readonly deployHook?: string;
  readonly args?: readonly string[];
}

/** `certbot certonly` as an operator runs it, to its end. */
export async function issue(
  lab: Lab,
  node: LabNode,
  names: readonly string[],
  { authHook = 'certbot-ha-auth', deployHook, args = [], ...options }: IssueOptions = {},
): Promise<RunResult> {
  const hooks = ['--manual-auth-hook', authHook, '--manual-cleanup-hook', 'certbot-ha-cleanup'];
  const deploy = deployHook === undefined ? [] : ['--deploy-hook', deployHook];
  const domains = names.flatMap((name) => ['-d', name]);
  const certonly = ['certonly', '--manual', '--preferred-challenges', 'http', ...hooks, ...deploy];
  return await lab.certbot(node, [...certonly, ...domains, ...args], options);
}

/** As `issue`, and the hooks must have had nothing to complain of and the certificate must be there. Gives stdout. */
export async function issued(
  lab: Lab,
  node: LabNode,
  names: readonly string[],
  options: IssueOptions = {},
): Promise<string> {
  const result = await issue(lab, node, names, options);
  expectSuccess(result);
  await expectCertificate(node, names, options.configDir);
  return result.stdout;
}

export interface RenewOptions extends CertbotOptions {
  /** Only this lineage; default all. */
  readonly name?: string;
  /** How many auth hooks have to run. */
  readonly hooks: number;
}

/** `certbot renew --force-renewal`, for which the hooks come from the lineages' renewal configuration. */
export async function renew(
  lab: Lab,
  node: LabNode,
  { name, hooks, ...options }: RenewOptions,
): Promise<RunResult> {
  const only = name === undefined ? [] : ['--cert-name', name];
  // One of a hundred valid authorizations Pebble uses again also when it is told never to: no hook runs for it.
  for (let attempts = 1; ; attempts += 1) {
    const result = await lab.certbot(node, ['renew', '--force-renewal', ...only], options);
    const ran = result.stdout.match(/'--manual-auth-hook' for .* ran with output/g)?.length ?? 0;
    if (ran === hooks || result.code !== 0 || attempts === 3) return result;
  }
}

/** certbot ended well, and no hook had anything to complain of. */
export function expectSuccess(result: RunResult): void {
  expect({ ...result, stderr: complaintsIn(result) }).toMatchObject({ code: 0, stderr: '' });
}

/** certbot's stderr, where what hooks wrote to theirs is too. */
export function complaintsIn({ stderr }: RunResult): string {
  return stderr.replace(/^Saving debug log to .*\n/m, '');
}

/** The CA's certificate for exactly these names lies where certbot puts it. */
export async function expectCertificate(
  node: LabNode,
  names: readonly string[],
  configDir?: string,
): Promise<X509Certificate> {
  const leaf = await leafOf(node, names[0] ?? '', configDir);
  expect(leaf.issuer).toMatch(/Pebble/);
  expect(namesOf(leaf).toSorted()).toEqual(names.toSorted());
  return leaf;
}

export async function leafOf(
  node: LabNode,
  name: string,
  configDir = node.paths.letsencrypt,
): Promise<X509Certificate> {
  return new X509Certificate(await node.readFile(join(configDir, 'live', name, 'cert.pem')));
}

let calls = 0;

/**
 * Names that no other call has, `TOPIC-K.example.test` or, for several, `TOPIC1-K.example.test` and so on:
 * a test that is tried again must not find that the CA has them authorized.
 */
export function namesFor(topic: string, count = 1): readonly string[] {
  calls += 1;
  const numbers = count === 1 ? [''] : Array.from({ length: count }, (_, index) => String(index + 1));
  return numbers.map((number) => `${topic}${number}-${calls}.example.test`);
}
