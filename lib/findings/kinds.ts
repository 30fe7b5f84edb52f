import type { Kinds } from './kind.ts';
import { OF_ADOPTION } from './kinds-of-adoption.ts';
import { OF_CARRIERS } from './kinds-of-carriers.ts';
import { OF_BUNDLES } from './kinds-of-bundles.ts';
import { OF_DNS } from './kinds-of-dns.ts';
import { OF_DOCTOR } from './kinds-of-doctor.ts';
import { OF_NAME_SERVERS } from './kinds-of-name-servers.ts';
import { OF_NODES } from './kinds-of-nodes.ts';
import { OF_SELF } from './kinds-of-self.ts';

/**
 * What the arguments of each code are, which the types alone cannot tell of a finding that another program has
 * written. A code, an argument or a word that is missing here, or is no more in the register, does not compile.
 */
export const KINDS: Kinds = {
  ...OF_NODES,
  ...OF_BUNDLES,
  ...OF_SELF,
  ...OF_DOCTOR,
  ...OF_ADOPTION,
  ...OF_DNS,
  ...OF_NAME_SERVERS,
  ...OF_CARRIERS,
};
