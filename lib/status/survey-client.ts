import { CertbotHaError } from '../base/errors.ts';
import { createClusterClient, type ChannelClient } from '../channel/client.ts';
import { abilitiesOf } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Finding } from '../findings/register.ts';

/**
 * A client for a survey. With a transport that does without agents there may be no key: then nobody is asked, and the survey is
 * of what this node sees by itself. @throws {CertbotHaError} `config` for a bad key file
 */
export function createSurveyClient(cluster: Cluster): ChannelClient {
  try {
    return createClusterClient(cluster);
  } catch (error) {
    const [found] = error instanceof CertbotHaError ? error.findings : [];
    if (found?.code !== 'key-file-missing' || abilitiesOf(cluster.config).needsKey) throw error;
    return askingNobody(found);
  }
}

/** @param reason why nobody is asked */
export function askingNobody(reason: Finding): ChannelClient {
  return {
    request: async () => ({ isOk: false, reason, isSilent: false }),
    close: async () => undefined,
  };
}
