import { CertbotHaError } from '../../base/errors.ts';
import { isIpAddress, normalAddress } from '../../net/address.ts';
import { successOf, type Programs } from '../admin-programs.ts';
import { MARK } from './nft-rules.ts';
import { addressesOf, comments, pasted, type Access } from './sources.ts';

const PROGRAMS = { ip: 'iptables', ip6: 'ip6tables' } as const;

/** How long to wait for another iptables, as it takes it. */
const LOCK_SECONDS = '5';
/** A kernel without the table has nothing in it; a table that is nft's is looked at there. */
const WITHOUT_TABLE = /does not exist|not supported|no chain\/target|is incompatible/i;

/** The chain for incoming packets, as one of the programs prints it. */
export interface InputChain {
  readonly program: string;
  readonly lines: readonly string[];
}

/** The lines for chains that are kept by hand, each of which adds nothing that is there; those that take ours away. */
export async function showIptables(access: Access, programs: Programs): Promise<readonly string[]> {
  const commands = (['ip', 'ip6'] as const).flatMap((family) =>
    addressesOf(access, family).map((address) => {
      const rule = `-p tcp -s ${address} --dport ${access.port} -m comment --comment ${MARK} -j ACCEPT`;
      return `${PROGRAMS[family]} -C INPUT ${rule} 2>/dev/null || ${PROGRAMS[family]} -I INPUT ${rule}`;
    }),
  );
  const old = outdatedIn(await inputChains(programs, { isPatient: true }), access);
  return [
    ...comments(access),
    '# not decided: whether a rule by interface, set or address lets the other nodes in already: iptables -S INPUT',
    ...pasted([...commands, ...old.map((command) => command.join(' '))]),
    '# gone at the next boot, unless what loads your rules has them too; with iptables-persistent: netfilter-persistent save',
  ];
}

/** Takes away those of ours that are for other addresses or another port. Adds none. */
export async function clearIptables(
  access: Access,
  programs: Programs,
  { chains, out }: { readonly chains: readonly InputChain[]; readonly out: (line: string) => void },
): Promise<void> {
  const commands = outdatedIn(chains, access);
  for (const command of commands) {
    await programs.tell(command);
    out(`${command.join(' ')}: it was ours, and is out of date`);
  }
  if (commands.length > 0)
    out(
      'not known: what loads the rules of iptables at boot. Remove them there, or they are back after a reboot',
    );
}

/** It is for its owner to do. */
export function byHand(): CertbotHaError {
  const hint =
    'certbot-ha snippet iptables prints the commands; what loads your rules at boot has to have them too';
  return new CertbotHaError('failed', { code: 'firewall-by-hand' }, { hint });
}

/**
 * The chains of both tables; those that nft does not see among them.
 * @param isPatient whether one that is not to be seen is left out
 * @throws {CertbotHaError} `failed` where one is not to be seen
 */
export async function inputChains(
  { ask }: Programs,
  { isPatient }: { readonly isPatient: boolean },
): Promise<readonly InputChain[]> {
  const chains: InputChain[] = [];
  for (const program of Object.values(PROGRAMS)) {
    const argv = [program, '-w', LOCK_SECONDS, '-S', 'INPUT'];
    const result = await ask(argv);
    const isAbsent = result.trouble?.code === 'program-not-installed' || WITHOUT_TABLE.test(result.stderr);
    if (!isAbsent && !isPatient) successOf(argv, result);
    if (result.code === 0) chains.push({ program, lines: result.stdout.split('\n') });
  }
  return chains;
}

/** The lines that drop or reject what nothing has accepted. */
export function droppingIn({ lines }: InputChain): readonly string[] {
  return lines.filter((line) => /^-P INPUT DROP$|^-A INPUT -j (?:DROP|REJECT)\b/.test(line));
}

/** As `-S` prints what we print: for one address, and no network. */
const OURS = new RegExp(
  String.raw`^-A (INPUT -s ([\d.]+(?:/32)?|[\da-f:.]+(?:/128)?) -p tcp -m tcp --dport (\d+) -m comment --comment "?${MARK}"? -j ACCEPT)$`,
);

/** The commands that take rules of ours away which the configuration does not have any more. */
export function outdatedIn(
  chains: readonly InputChain[],
  access: Access | null,
): readonly (readonly string[])[] {
  const wanted = new Set(
    access === null ? [] : [...addressesOf(access, 'ip'), ...addressesOf(access, 'ip6')],
  );
  return chains.flatMap(({ program, lines }) =>
    lines.flatMap((line) => {
      const [, rule = '', source, port] = OURS.exec(line) ?? [];
      const address = source?.split('/')[0];
      if (address === undefined || !isIpAddress(address)) return [];
      if (wanted.has(normalAddress(address)) && Number(port) === access?.port) return [];
      return [[program, '-w', LOCK_SECONDS, '-D', ...rule.replaceAll('"', '').split(' ')]];
    }),
  );
}
