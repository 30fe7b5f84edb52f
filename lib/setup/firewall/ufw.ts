import { isIpAddress } from '../../net/address.ts';
import { answerOf, type Programs } from '../admin-programs.ts';
import { MARK } from './nft-rules.ts';
import { addressesOf, comments, pasted, type Access } from './sources.ts';

/** Before all others: a rule that denies may be there. ufw itself skips one that it has already. */
function commandsFor(access: Access): readonly (readonly string[])[] {
  return [...addressesOf(access, 'ip'), ...addressesOf(access, 'ip6')].map((address) => [
    'ufw',
    'prepend',
    ...ruleFor(address, access.port),
    'comment',
    MARK,
  ]);
}

function ruleFor(address: string, port: number): readonly string[] {
  return ['allow', 'proto', 'tcp', 'from', address, 'to', 'any', 'port', String(port)];
}

export function showUfw(access: Access): readonly string[] {
  return [...comments(access), ...pasted(commandsFor(access).map((command) => command.join(' ')))];
}

/** @throws {CertbotHaError} `failed` where it does not say */
export async function isUfwActive(programs: Programs): Promise<boolean> {
  return /^Status: active$/m.test((await answerOf(['ufw', 'status'], programs)) ?? '');
}

/** Adds the rules, and takes away those of ours that are for other addresses or another port. */
export async function putUfw(access: Access, programs: Programs, out: (line: string) => void): Promise<void> {
  for (const command of commandsFor(access)) {
    const said = (await programs.tell(command)).trim().split('\n').join(', ');
    out(`${command.join(' ')}: ${said}`);
  }
  for (const rule of outdatedUfw(await programs.tell(['ufw', 'show', 'added']), access)) {
    const command = ['ufw', 'delete', ...rule];
    await programs.tell(command);
    out(`${command.join(' ')}: it was ours, and is out of date`);
  }
  const isNone = access.sources.length === 0;
  out(isNone ? 'ufw: no rule has the comment certbot-ha' : 'kept: ufw loads its rules at every start');
}

/** Such as `ufw allow from 192.0.2.12 to any port 9480 proto tcp comment 'certbot-ha'`: for one address, and no network. */
const ADDED = new RegExp(
  String.raw`^ufw allow from ([\da-f:.]+) to any port (\d+) proto tcp comment '${MARK}'$`,
);

/** The rules of ours that the configuration does not have any more. @param access null: it has none */
export function outdatedUfw(added: string, access: Access | null): readonly (readonly string[])[] {
  const wanted = new Set(
    access === null ? [] : [...addressesOf(access, 'ip'), ...addressesOf(access, 'ip6')],
  );
  return added.split('\n').flatMap((line) => {
    const [, address, port] = ADDED.exec(line) ?? [];
    if (address === undefined || !isIpAddress(address)) return [];
    if (wanted.has(address) && Number(port) === access?.port) return [];
    return [ruleFor(address, Number(port))];
  });
}
