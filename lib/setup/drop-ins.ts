import { basename } from 'node:path';
import { CERTBOT_SERVICES } from '../certbot/units-shown.ts';
import { shellWord } from '../findings/area.ts';

const SYSTEM = '/etc/systemd/system';
/** certbot-ha-.service.d is for all units whose names begin so: systemd.unit(5). The hooks run in certbot's. */
const UNITS = ['certbot-ha-', ...CERTBOT_SERVICES.map((service) => basename(service, '.service'))].join(' ');

/** Lines for a shell that let the units, and certbot's hooks, have a variable that a command was run with. */
export function environmentDropIn(name: string, value: string): readonly string[] {
  const file = `${name.toLowerCase().replaceAll('_', '-')}.conf`;
  const line = shellWord(`Environment=${escaped(`${name}=${value}`)}`);
  return [
    `for unit in ${UNITS}; do mkdir -p ${SYSTEM}/$unit.service.d`,
    `  printf '%s\\n' '[Service]' ${line} >${SYSTEM}/$unit.service.d/${file}; done`,
    'systemctl daemon-reload',
  ];
}

/** The same for a directory that the agent is to write to. */
export function writePath(directory: string): readonly string[] {
  const dropIn = `${SYSTEM}/certbot-ha-agent.service.d`;
  const line = shellWord(`ReadWritePaths=${quotedPath(directory)}`);
  return [
    `mkdir -p ${dropIn} && printf '%s\\n' '[Service]' ${line} >${dropIn}/webroot.conf`,
    'systemctl daemon-reload',
  ];
}

/** As systemd.syntax(7) has it, and systemd.unit(5) its specifiers. */
function escaped(word: string): string {
  const plain = withoutSpecifiers(word);
  return isPlain(plain) ? plain : `"${plain.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/** Here a backslash stays what it is. */
function quotedPath(path: string): string {
  const plain = withoutSpecifiers(path);
  if (isPlain(plain)) return plain;
  return plain.includes('"') ? `'${plain}'` : `"${plain}"`;
}

function withoutSpecifiers(text: string): string {
  return text.replaceAll('%', '%%');
}

function isPlain(text: string): boolean {
  return /^[\w@%+=:,./-]+$/.test(text);
}
