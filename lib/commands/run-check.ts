import { doesHolderRenew } from '../cluster/vips.ts';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { CertbotHaError, isForbidden } from '../base/errors.ts';
import type { CommandIo } from '../base/io.ts';
import { waitingFor } from '../base/waiting.ts';
import { liveDirectory } from '../certbot/config-dir.ts';
import { createSurveyClient } from '../status/survey-client.ts';
import { loadCluster } from '../cluster/load.ts';
import { tellDamage } from '../state/damage.ts';
import { createOutstanding } from '../state/outstanding.ts';
import { createRecords } from '../state/records.ts';
import { surveyCluster } from '../status/nodes.ts';
import type { Limit, Limits } from '../status/limits.ts';
import { pluginAnswer, type PluginAnswer, type PluginState } from '../status/plugin.ts';
import { timeoutOf } from './seconds.ts';
import { surveyTime } from './survey-time.ts';
import { usageError } from './usage-error.ts';

interface CheckOptions {
  readonly warning?: string | undefined;
  readonly critical?: string | undefined;
  readonly timeout?: string | undefined;
}

const DEFAULT_SECONDS = 10;

/**
 * `certbot-ha check`, a monitoring plugin: a line with figures, further lines for what needs somebody, and its exit code, within
 * the time. @throws {CertbotHaError} which the command line tells as UNKNOWN
 */
export async function runCheck(io: CommandIo, options: CheckOptions): Promise<PluginState> {
  const limits = limitsOf(options);
  const seconds = timeoutOf(options.timeout, 'check') ?? DEFAULT_SECONDS;
  const time = surveyTime({ seconds, usually: DEFAULT_SECONDS });
  const look = async (): Promise<PluginAnswer> => {
    const cluster = await loadCluster(io.env);
    const { stateDir, certificates } = cluster.config;
    await requireReadable(liveDirectory(certificates.configDir));
    const onDamage = tellDamage(io.err);
    const state = {
      outstanding: createOutstanding(stateDir, onDamage),
      records: createRecords(stateDir, onDamage),
    };
    const client = createSurveyClient(cluster);
    try {
      const seen = await surveyCluster(cluster, client, state, io.env, time.forSurvey);
      return pluginAnswer(seen, {
        limits,
        needsHolder: doesHolderRenew(cluster.config),
        cutOffAfter: time.isCutOff(seen) ? seconds : null,
      });
    } finally {
      await client.close();
    }
  };
  const looking = async () => await waitingFor('the nodes', io, look);
  const { state, lines } = await time.orTooSlow('check', looking);
  for (const line of lines) io.out(line);
  return state;
}

/** To somebody who may not read them, all lineages would be missing here. */
async function requireReadable(directory: string): Promise<void> {
  try {
    await access(directory, constants.R_OK | constants.X_OK);
  } catch (error) {
    if (!isForbidden(error)) return; // where there is none yet, there are no lineages
    const found = { code: 'file-unreadable', file: directory, error: error.code } as const;
    throw new CertbotHaError('failed', found, {
      cause: error,
      hint: 'run it as root: sudo certbot-ha check',
    });
  }
}

/** @throws {CertbotHaError} `usage` */
function limitsOf({ warning, critical }: CheckOptions): Limits {
  const limits = { warning: limitIn('--warning', warning), critical: limitIn('--critical', critical) };
  const [least, most] = [limits.critical, limits.warning].map((limit) => limit && Object.entries(limit)[0]);
  // Days and a part of the lifetime can be compared for a certificate only.
  if (least && most && least[0] === most[0] && least[1] > most[1])
    throw usageError(`--critical: expected less than --warning, got "${critical}" and "${warning}"`, 'check');
  return limits;
}

function limitIn(option: string, text: string | undefined): Limit | null {
  if (text === undefined) return null;
  const [, number = '', percent] = /^(\d{1,4}(?:\.\d{1,3})?)(%?)$/.exec(text) ?? [];
  const value = Number(number);
  if (number !== '' && percent === '') return { days: value };
  if (number !== '' && value <= 100) return { share: value / 100 };
  throw usageError(
    `${option}: expected days such as 14, or a part of the lifetime such as 25%, got "${text}"`,
    'check',
  );
}
