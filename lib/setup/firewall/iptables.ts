import { CertbotHaError } from '../../base/errors.ts';
import { successOf, type Programs } from '../admin-programs.ts';
import { MARK } from './nft-rules.ts';
import { addressesOf, comments, type Access } from './sources.ts';

const PROGRAMS = { ip: 'iptables', ip6: 'ip6tables' } as const;

/** How long to wait for another iptables, as it takes it. */
const LOCK_SECONDS = '5';
/** A kernel without the table has nothing in it; a table that is nft's is looked at there. */
const WITHOUT_TABLE = /does not exist|not supported|no chain\/target|is incompatible/i;

/** The lines for chains that are kept by hand, each of which adds nothing that is there. */
export function showIptables(access: Access): readonly string[] {
  const commands = (['ip', 'ip6'] as const).flatMap((family) =>
    addressesOf(access, family).map((address) => {
      const rule = `-p tcp -s ${address} --dport ${access.port} -m comment --comment ${MARK} -j ACCEPT`;
      return `${PROGRAMS[family]} -C INPUT ${rule} 2>/dev/null || ${PROGRAMS[family]} -I INPUT ${rule}`;
    }),
  );
  return [
    ...comments(access),
    ...commands,
    '# gone at the next boot, unless what loads your rules has them too; with iptables-persistent: netfilter-persistent save',
  ];
}

/** It is for its owner to do. */
export function byHand(): CertbotHaError {
  const hint =
    'certbot-ha snippet iptables prints the commands; what loads your rules at boot has to have them too';
  return new CertbotHaError('failed', { code: 'firewall-by-hand' }, { hint });
}

/**
 * Whether one of the tables drops or rejects what nothing has accepted; those that nft does not see among them.
 * @throws {CertbotHaError} `failed` where that is not to be seen
 */
export async function isDroppedByIptables({ ask }: Programs): Promise<boolean> {
  for (const program of Object.values(PROGRAMS)) {
    const argv = [program, '-w', LOCK_SECONDS, '-S', 'INPUT'];
    const result = await ask(argv);
    const isAbsent = result.trouble?.code === 'program-not-installed' || WITHOUT_TABLE.test(result.stderr);
    if (!isAbsent) successOf(argv, result);
    if (/^-P INPUT DROP$|^-A INPUT -j (?:DROP|REJECT)\b/m.test(result.stdout)) return true;
  }
  return false;
}
