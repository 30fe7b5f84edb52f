import { CertbotHaError } from '../base/errors.ts';
import { readLineage } from '../lineage/lineage.ts';
import { dirname } from 'node:path';
import { leafOf } from '../lineage/generation.ts';
import type { Bundle } from '../lineage/bundle.ts';
import type { Lineage } from '../lineage/lineage.ts';
import { basename } from 'node:path';
import { checkLineage } from '../lineage/check-lineage.ts';
import { collectBundle } from '../lineage/collect.ts';
import type { Deployment } from './deployment.ts';

/** A lineage that may leave this node, and the copy of it that travels. */
export interface Sound {
  readonly bundle: Bundle;
  readonly lineage: Lineage;
}

/**
 * Reads a lineage, checks it, and collects its bundle.
 * @throws {CertbotHaError} `failed` when it is not sound
 */
export async function soundBundle({ cluster, directory, names }: Deployment): Promise<Sound> {
  const { configDir } = cluster.config.certificates;
  if (dirname(dirname(directory)) !== configDir) {
    throw new CertbotHaError(
      'config',
      `${directory} is not below certificates.configDir, which is ${configDir}`,
      {
        hint: 'certificates.configDir has to be the --config-dir of certbot, on every node',
      },
    );
  }
  const lineage = await readLineage(directory);
  const problems = checkLineage(lineage, [...new Set(names)], new Date());
  if (problems.length > 0) {
    throw new CertbotHaError('failed', problems, { hint: 'nothing has been delivered or reloaded' });
  }
  const bundle = await collectBundle(configDir, basename(directory), cluster.self.name);
  if (leafOf(lineage.leaf).sha256 === bundle.manifest.leaf.sha256) return { bundle, lineage };
  throw new CertbotHaError('failed', `${directory} has been renewed while it was read`, {
    hint: 'run it again: certbot-ha deploy',
  });
}
