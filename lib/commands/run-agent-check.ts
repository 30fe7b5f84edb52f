import type { CommandIo } from '../base/io.ts';
import { createWebroot } from '../challenge/webroot.ts';
import { readKeyFile } from '../channel/key-file.ts';
import { agentPlacesOf } from '../cluster/agent-places.ts';
import { loadCluster } from '../cluster/load.ts';

/** `certbot-ha agent --check`: whether an agent would start, or take over, what there is now. @throws {CertbotHaError} where it would not */
export async function checkAgent(io: CommandIo): Promise<0> {
  const cluster = await loadCluster(io.env);
  readKeyFile(cluster.config.agent.keyFile);
  await agentPlacesOf(cluster);
  await createWebroot(cluster.self.webroot).check();
  io.out(`${cluster.config.file}: the agent of ${cluster.self.name} can run with it`);
  return 0;
}
