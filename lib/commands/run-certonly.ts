import { print } from '../base/print.ts';
import { waitingFor } from '../base/waiting.ts';
import {
  cliIniFiles,
  configFilesIn,
  contradictionsIn,
  obstaclesIn,
  readCliIni,
  type CliSetting,
  type Proof,
} from '../certbot/cli-ini.ts';
import { hookArguments } from '../certbot/hook-arguments.ts';
import type { HookName } from '../certbot/hook-commands.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { loadCluster } from '../cluster/load.ts';
import { CertbotHaError } from '../base/errors.ts';
import { lineOf } from '../findings/words.ts';
import { whereNamesLead } from '../gate/where-names-lead.ts';
import { ARRIVAL_TIMEOUT_MS, chooseAccount } from '../issuer/account.ts';
import { askForIssuership } from '../issuer/issuer.ts';
import type { Order } from '../issuer/reissued.ts';
import { NOTE_WAIT_MS, noteLostAccounts } from '../peers/note-lost-accounts.ts';
import { tellDamage } from '../state/damage.ts';
import { createResults } from '../state/outbox.ts';
import { createRecords } from '../state/records.ts';
import { isInstalled } from '../state/results.ts';
import { certbotInForeground } from './certbot-in-foreground.ts';
import { preferredOf } from './challenges-given.ts';
import { namesIn, wildcardsIn } from './names-given.ts';
import { ownHooks } from './own-hooks.ts';
import type { CommandIo } from '../base/io.ts';

/** Ours among certbot's options: issue on this node though another one is the issuer. */
const HERE = '--here';
/** What certbot answers without issuing anything. */
const QUESTIONS: ReadonlySet<string> = new Set(['--help', '-h', '--version']);

/** `certbot-ha certonly`: certbot in the foreground, with our hooks. Resolves to 0 or 1 as certbot ends. */
export async function runCertonly(io: CommandIo, given: readonly string[]): Promise<0 | 1> {
  const cluster = await loadCluster(io.env);
  const { config } = cluster;
  const certbotArguments = given.filter((argument) => argument !== HERE);
  if (certbotArguments.length === 0) {
    const hint = 'certbot-ha certonly -d www.example.com';
    throw new CertbotHaError('usage', { code: 'no-name-given' }, { hint });
  }
  const isFree = given.includes(HERE) || given.some((argument) => QUESTIONS.has(argument));
  const asking = async () => await askForIssuership(cluster);
  const issuership = isFree ? null : await waitingFor('the other nodes: who renews', io, asking);
  if (issuership !== null && !issuership.isIssuer) {
    const hint = 'run it there, so that one node renews; or here anyway: certbot-ha certonly --here …';
    throw new CertbotHaError('failed', issuership.reason, { hint });
  }
  let account: string | null = null;
  let preferred = preferredOf(certbotArguments, [], config.dns !== null);
  if (!given.some((argument) => QUESTIONS.has(argument))) {
    const more = configFilesIn(certbotArguments);
    const settings = await readCliIni(cliIniFiles(config.certificates.configDir, io.env, more));
    const certbots = cliIniFiles('/etc/letsencrypt', io.env, more);
    const names = namesIn(certbotArguments);
    const wildcards = wildcardsIn(certbotArguments);
    const readByIt = settings.filter(({ file }) => certbots.includes(file));
    preferred = preferredOf(certbotArguments, readByIt, config.dns !== null);
    tellOfCliIni(settings, { pref_challs: preferred.challenges, names: [...names, ...wildcards] }, io);
    if (config.dns === null && wildcards.length > 0)
      throw new CertbotHaError('config', { code: 'wildcard-needs-dns', names: wildcards, file: config.file });
    const signal = io.interruption();
    // Where DNS-01 proves them, they may lead anywhere.
    const asked = preferred.challenges.startsWith('dns') ? [] : names;
    const looking = async () => await whereNamesLead(config, asked, signal);
    const findings = await waitingFor('DNS', io, looking);
    for (const finding of signal.aborted ? [] : findings) io.err(lineOf(finding));
    const order = { given: certbotArguments, settings, names };
    if (!signal.aborted)
      account = await accountFor(order, cluster, { io, signal, isForced: given.includes(HERE) });
    if (signal.aborted) return 1;
  }
  const argv = certbotArgv(certbotArguments, {
    hooks: ownHooks(config.file, io.env),
    configDir: config.certificates.configDir,
    account,
    challenges: preferred.isOurs ? preferred.challenges : null,
  });
  return (await certbotInForeground(argv, io)) === 0 ? 0 : 1;
}

/**
 * Says at once what of cli.ini a renewal would go by in the lineage's stead, two months from now.
 * @throws {CertbotHaError} `failed` where certbot would not even begin
 */
function tellOfCliIni(settings: readonly CliSetting[], run: Proof, io: CommandIo): void {
  const obstacles = obstaclesIn(settings);
  if (obstacles.length > 0) throw new CertbotHaError('failed', obstacles);
  // Whose server and account it will be, nobody knows before it is issued.
  for (const finding of contradictionsIn(settings, [], [run])) print(io.err, finding);
}

/**
 * The account to name to certbot, or null where there is nothing to name.
 * @param isForced register another one although the peers' have not come
 * @throws {CertbotHaError} `failed` where the cluster has lineages, and may have an account, that have not come
 */
async function accountFor(
  order: Order,
  cluster: Cluster,
  {
    io,
    signal,
    isForced,
  }: { readonly io: CommandIo; readonly signal: AbortSignal; readonly isForced: boolean },
): Promise<string | null> {
  const records = createRecords(cluster.config.stateDir, tellDamage(io.err));
  const noting = { lock: { waitMs: NOTE_WAIT_MS, signal }, err: io.err };
  for (const lost of await noteLostAccounts(cluster, records, noting)) print(io.err, lost);
  const choosing = async () => await chooseAccount(order, cluster, { records, signal });
  const { account, findings, lacking, lost } = await waitingFor(
    'the account of the other nodes',
    io,
    choosing,
  );
  for (const finding of signal.aborted ? [] : findings) print(io.err, finding);
  if ((lacking.length === 0 && lost === null) || signal.aborted) return account;
  await tellWhy(lacking, cluster, io);
  if (lost !== null && !isForced) throw new CertbotHaError('failed', lost);
  if (lost !== null) {
    print(io.err, lost);
    return account;
  }
  const behind = {
    code: 'account-not-arrived',
    seconds: ARRIVAL_TIMEOUT_MS / 1000,
    lineages: lacking,
  } as const;
  if (!isForced) {
    const hint =
      'certbot-ha status, there and here; if none of them is of this CA, or to register another one anyway: certbot-ha certonly --here …';
    throw new CertbotHaError('failed', behind, { hint });
  }
  print(io.err, behind);
  return null;
}

/** What this node's installer has against the lineages that have not come: it may be for good. */
export async function tellWhy(
  lineages: readonly string[],
  { config }: { readonly config: Pick<Cluster['config'], 'stateDir'> },
  io: Pick<CommandIo, 'err'>,
): Promise<void> {
  const results = createResults(config.stateDir, tellDamage(io.err));
  for (const lineage of lineages) {
    const last = await results.lastOf(lineage);
    if (last === null || isInstalled(last.state)) continue;
    for (const found of last.findings) print(io.err, found, `${lineage}: ${last.state}: `);
  }
}

/** certbot's arguments: what was given, behind what makes it use the hooks. */
export function certbotArgv(
  given: readonly string[],
  {
    hooks,
    configDir,
    account = null,
    challenges,
  }: {
    readonly hooks: Readonly<Record<HookName, string>>;
    readonly configDir: string;
    readonly account?: string | null;
    /** what certbot may take; null: that is said elsewhere */
    readonly challenges: string | null;
  },
): readonly string[] {
  return [
    'certonly',
    ...hookArguments(hooks, challenges),
    ...(given.some((argument) => /^--config-dir(?:=|$)/.test(argument)) ? [] : ['--config-dir', configDir]),
    ...(account === null ? [] : ['--account', account]),
    ...given,
  ];
}
