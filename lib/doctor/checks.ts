import type { Check } from './check.ts';
import { agents } from './checks/agents.ts';
import { alike } from './checks/alike.ts';
import { caa } from './checks/caa.ts';
import { carrier } from './checks/carrier.ts';
import { certificates } from './checks/certificates.ts';
import { challenges } from './checks/challenges.ts';
import { cliIni } from './checks/cli-ini.ts';
import { clocks } from './checks/clocks.ts';
import { configuration } from './checks/configuration.ts';
import { disk } from './checks/disk.ts';
import { dns } from './checks/dns.ts';
import { dns01 } from './checks/dns-01.ts';
import { failures } from './checks/failures.ts';
import { key } from './checks/key.ts';
import { lastRuns } from './checks/last-runs.ts';
import { leftOver } from './checks/left-over.ts';
import { lineages } from './checks/lineages.ts';
import { lookUp } from './checks/look-up.ts';
import { nginx } from './checks/nginx.ts';
import { outstanding } from './checks/outstanding.ts';
import { renewal } from './checks/renewal.ts';
import { selinux } from './checks/selinux.ts';
import { sharing } from './checks/sharing.ts';
import { units } from './checks/units.ts';
import { webroot } from './checks/webroot.ts';

/** All of them. What may be the cause of another stands before it, and is so the first line that fails. */
export const CHECKS: readonly Check[] = [
  configuration,
  key,
  disk,
  clocks,
  units,
  agents,
  alike,
  renewal,
  cliIni,
  webroot,
  carrier,
  selinux,
  nginx,
  dns,
  dns01,
  caa,
  sharing,
  challenges,
  lookUp,
  lineages,
  lastRuns,
  certificates,
  outstanding,
  leftOver,
  failures,
];
