import { successOf, type Programs } from '../admin-programs.ts';
import { MARK } from './nft-rules.ts';
import { addressesOf, comments, type Access } from './sources.ts';

const PROGRAMS = { ip: 'iptables', ip6: 'ip6tables' } as const;

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

/**
 * Whether one of the tables drops or rejects what nothing has accepted; those that nft does not see among them.
 * @throws {CertbotHaError} `failed` where that is not to be seen
 */
export async function isDroppedByIptables({ ask }: Programs): Promise<boolean> {
  for (const program of Object.values(PROGRAMS)) {
    const argv = [program, '-S', 'INPUT'];
    const result = await ask(argv);
    // A kernel without the table has nothing in it.
    if (/permi|must be root/i.test(result.stderr)) successOf(argv, result);
    if (/^-P INPUT DROP$|^-A INPUT -j (?:DROP|REJECT)\b/m.test(result.stdout)) return true;
  }
  return false;
}
