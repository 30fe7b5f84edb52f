import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { successOf, type Programs } from '../../../../lib/setup/admin-programs.ts';
import { INCLUDE, keepRules } from '../../../../lib/setup/firewall/keep-nft.ts';
import { changesFor } from '../../../../lib/setup/firewall/nft-rules.ts';
import { readRuleset } from '../../../../lib/setup/firewall/ruleset.ts';
import { expect, test } from '../../../support/temporary.ts';

const ACCESS = {
  port: 9480,
  sources: [{ node: 'web2', configured: '192.0.2.12', addresses: ['192.0.2.12'] }],
};
const NAME = { family: 'inet', table: 'filter', chain: 'input' };
const chain = {
  chain: { family: 'inet', table: 'filter', name: 'input', type: 'filter', hook: 'input', policy: 'drop' },
};
const plain = { chain: { family: 'inet', table: 'filter', name: 'input' } };
const match = (protocol: string, field: string, right: unknown) => ({
  match: { op: '==', left: { payload: { protocol, field } }, right },
});
const accept = [match('ip', 'saddr', '192.0.2.12'), match('tcp', 'dport', 9480), { accept: null }];
const ours = { rule: { ...NAME, handle: 9, comment: 'certbot-ha', expr: accept } };
const drop = { rule: { ...NAME, handle: 8, expr: [{ drop: null }] } };

const start = (file: string) =>
  `ExecStart={ path=/usr/sbin/nft ; argv[]=/usr/sbin/nft -f ${file} ; ignore_errors=no ; }\n`;
const SERVICE = `${start('/etc/nftables.conf')}UnitFileState=enabled\n`;

interface Host {
  readonly text?: string;
  /** what our file has already */
  readonly rules?: string;
  readonly service?: string;
  /** what the file makes of an empty ruleset, and makes of it with our line; null: nft refuses it */
  readonly before?: readonly unknown[] | null;
  readonly after?: readonly unknown[] | null;
}

async function keep(
  directory: string,
  {
    text = 'table inet filter {}\n',
    rules,
    service = SERVICE,
    before = [chain],
    after = [chain, ours],
  }: Host,
) {
  await mkdir(join(directory, 'etc/nftables.d'), { recursive: true });
  const file = join(directory, 'etc/nftables.conf');
  const rulesFile = join(directory, 'etc/nftables.d/certbot-ha.nft');
  await writeFile(file, text);
  if (rules !== undefined) await writeFile(rulesFile, rules);
  const ask: Programs['ask'] = async ([program, ...argv]) => {
    const result = (code: number, stdout = '') => ({ code, stdout, stderr: 'refused', trouble: null });
    if (program === 'systemctl') return result(service === '' ? 1 : 0, service);
    const isAfter = (await readFile(file, 'utf8')) !== text || (rules ?? '') !== (await textOf(rulesFile));
    const nftables = isAfter ? after : before;
    if (nftables === null) return result(1);
    return result(0, argv.includes('--check') ? '' : JSON.stringify({ nftables }));
  };
  const programs = { ask, tell: async (argv: readonly string[]) => successOf(argv, await ask(argv)) };
  const kept = await keepRules({ access: ACCESS, chains: [NAME], programs, root: directory });
  return {
    ...kept,
    text: await readFile(file, 'utf8'),
    rules: await textOf(rulesFile),
    names: await readdir(join(directory, 'etc/nftables.d')),
    copies: (await readdir(join(directory, 'etc'))).filter((name) => name.includes('.before-')).length,
  };
}

async function textOf(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch(() => '');
}

test('rules are kept where the file of the service defines the chain', async ({ directory }) => {
  const { notKept, text, rules, lines } = await keep(directory, {});
  expect(notKept).toEqual([]);
  expect(text).toBe(`table inet filter {}\n${INCLUDE}\n`);
  expect(rules).toContain('insert rule inet filter input ip saddr { 192.0.2.12 } tcp dport 9480 accept');
  expect(lines.at(-1)).toMatch(/^kept: nftables\.service loads it with .*nftables\.conf$/);
});

test.for<[string, Host, RegExp]>([
  ['another service defines the chain', { before: [] }, /does not define the chain/],
  ['it has a chain of that name without a hook', { before: [plain] }, /does not define the chain/],
  ['it is refused as it is', { before: null }, /nft --check refuses .* \(refused\)/],
  ['an include before the chains breaks it', { after: null }, /nft --check refuses/],
  ['our rules are not in what it makes', { after: [chain] }, /another ruleset/],
  ['it is included twice', { after: [chain, ours, ours] }, /another ruleset/],
  ['a rule that drops comes first', { after: [chain, drop, ours] }, /another ruleset/],
  ['systemctl does not answer', { service: '' }, /systemctl does not tell/],
  ['the service is disabled', { service: start('/etc/nftables.conf') }, /is not enabled/],
  [
    'it loads another file',
    { service: SERVICE.replace('nftables.conf', 'my.nft') },
    /my\.nft is no plain file/,
  ],
  ['it loads two', { service: start('/etc/a') + SERVICE }, /does not load one file alone/],
  ['a line of Latin-1 is in it', { text: '# \uFFFD\n' }, /no plain file in UTF-8/],
  ['our file is somebody’s', { rules: '# mine\n' }, /not as certbot-ha writes it/],
])('nothing is written where %s', async ([, host, why], { directory }) => {
  const kept = await keep(directory, host);
  expect(kept.notKept).toEqual(['inet filter input']);
  expect(kept.lines[0]).toMatch(/^NOT KEPT over a reboot or a reload: inet filter input: /);
  expect(kept.lines[0]).toMatch(why);
  expect(kept.lines.join('\n')).toContain('    insert rule inet filter input ip saddr { 192.0.2.12 }');
  expect(kept).toMatchObject({
    text: host.text ?? 'table inet filter {}\n',
    rules: host.rules ?? '',
    copies: 0,
  });
});

test('what our file had is replaced without a copy, and comes back where it does not load', async ({
  directory,
}) => {
  const rules = '# certbot-ha: old\n';
  const text = `x\n${INCLUDE}\n`;
  const refused = await keep(directory, { rules, text, after: null });
  expect(refused).toMatchObject({ rules, text, names: ['certbot-ha.nft'], copies: 0 });
  const { notKept, names } = await keep(directory, { rules, text });
  expect({ notKept, names }).toEqual({ notKept: [], names: ['certbot-ha.nft'] });
});

test('a rule of ours behind one that drops is put first', () => {
  const { commands } = changesFor(
    readRuleset(JSON.stringify({ nftables: [chain, drop, ours] })),
    [NAME],
    ACCESS,
  );
  expect(commands).toEqual([
    'delete rule inet filter input handle 9',
    'insert rule inet filter input ip saddr { 192.0.2.12 } tcp dport 9480 accept comment "certbot-ha"',
  ]);
});

test('of a chain that needs no rule it is not said that one is there', () => {
  const ip6 = { ...NAME, family: 'ip6' };
  expect(changesFor(readRuleset('{}'), [ip6], ACCESS).lines).toEqual([
    'nothing for ip6 filter input: no other node has an address of its family',
  ]);
});
