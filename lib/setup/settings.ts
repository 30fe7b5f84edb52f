import { CertbotHaError } from '../base/errors.ts';
import type { TransportName } from '../cluster/abilities.ts';
import { isNodeName, WEB_SERVER_KINDS } from '../cluster/schema.ts';
import { TRANSPORT_NAMES } from '../cluster/transport-settings.ts';
import { quoted } from '../findings/area.ts';
import type { Finding } from '../findings/register.ts';
import { isHostName, isIpAddress, normalAddress } from '../net/address.ts';
import type { WebServerKind } from '../webserver/kinds.ts';
import type { Found, FoundSetting } from './find.ts';
import type { NewNode } from './names.ts';

/** What a new configuration says. */
export interface Settings {
  readonly nodes: readonly NewNode[];
  readonly vips: readonly string[];
  readonly webroot: string;
  readonly webServer: WebServerKind;
  readonly transport: TransportName;
}

/** The same as the options of a command line give it; undefined: not given. */
export type GivenSettings = Readonly<Record<keyof Settings, readonly string[] | undefined>>;

/** Asks the operator. @param found what counts when nothing is typed; null: something has to be */
export type Ask = (question: string, found: string | null) => Promise<string>;

interface Wrong {
  readonly expected: string;
  readonly got: string;
}

interface Setting<T> {
  readonly option: string;
  readonly question: string;
  readonly expected: string;
  readonly read: (words: readonly string[]) => { readonly value: T } | Wrong;
  /** what is typed is one word, with all that is in it */
  readonly isOneWord?: boolean;
  readonly found: FoundSetting;
}

/** Instead of a VIP: names lead to the nodes themselves. */
const NO_VIP = 'none';
const A_NODE = 'NAME=ADDRESS for each node, such as web1=192.0.2.11 web2=192.0.2.12';

/**
 * The settings: as they are given, or as the operator answers, or as they were found.
 * @param ask null: there is nobody to ask
 * @param tell writes what is wrong with an answer
 * @throws {CertbotHaError} `usage`, with everything that is wrong or missing
 */
export async function settle(
  given: GivenSettings,
  found: Found,
  { ask, tell }: { readonly ask: Ask | null; readonly tell: (line: string) => void },
): Promise<Settings> {
  const all = settingsOf(found);
  const keys = Object.keys(all) as (keyof Settings)[];
  const problems = keys.flatMap((key) => problemsOf(all[key], given[key], ask !== null));
  if (problems.length > 0) throw new CertbotHaError('usage', problems, { hint: HINT });
  const valueOf = async <T>(setting: Setting<T>, words: readonly string[] | undefined): Promise<T> => {
    const known =
      words?.flatMap((word) => wordsIn(setting, word)) ?? (ask === null ? setting.found.words : null);
    return known === null ? await answered(setting, ask, tell) : valueIn(setting.read(known));
  };
  return {
    nodes: await valueOf(all.nodes, given.nodes),
    vips: await valueOf(all.vips, given.vips),
    webroot: await valueOf(all.webroot, given.webroot),
    webServer: await valueOf(all.webServer, given.webServer),
    transport: await valueOf(all.transport, given.transport),
  };
}

const HINT = 'certbot-ha init --help shows the options';

function settingsOf({ nodes, vips, webroot, webServer }: Found) {
  return {
    nodes: {
      option: '--node',
      question: 'Nodes, this one among them',
      expected: A_NODE,
      read: readNodes,
      found: nodes,
    },
    vips: {
      option: '--vip',
      question: 'VIPs, or none',
      expected: 'an address, or none',
      read: readVips,
      found: vips,
    },
    webroot: {
      option: '--webroot',
      question: 'Webroot for challenges, on every node',
      expected: 'an absolute path',
      read: readPath,
      isOneWord: true,
      found: webroot,
    },
    webServer: chosen('--web-server', 'Web server', WEB_SERVER_KINDS, webServer),
    transport: chosen('--transport', 'Transport', TRANSPORT_NAMES, { words: ['http'], seen: [] }),
  } satisfies { readonly [Key in keyof Settings]: Setting<Settings[Key]> };
}

function problemsOf(
  setting: Setting<unknown>,
  words: readonly string[] | undefined,
  isAsked: boolean,
): readonly Finding[] {
  const { option, expected, read, found } = setting;
  if (words === undefined) {
    const isMissing = found.words === null && !isAsked;
    return isMissing ? [{ code: 'setting-missing', option, expected, seen: found.seen }] : [];
  }
  const result = read(words.flatMap((word) => wordsIn(setting, word)));
  return 'value' in result ? [] : [{ code: 'usage', problem: wordsOf(option, result) }];
}

async function answered<T>(setting: Setting<T>, ask: Ask | null, tell: (line: string) => void): Promise<T> {
  const { question, expected, read, found } = setting;
  if (ask === null) throw new Error(`nobody to ask for ${setting.option}`);
  const seen = found.words === null && found.seen.length > 0 ? ` (found: ${found.seen.join(' ')})` : '';
  for (;;) {
    const answer = await ask(`${question}: ${expected}${seen}`, found.words?.join(' ') ?? null);
    const words = wordsIn(setting, answer);
    const result = read(words.length === 0 && found.words !== null ? found.words : words);
    if ('value' in result) return result.value;
    tell(wordsOf(question, result));
  }
}

/** What is typed, as an answer or as an option. */
function wordsIn({ isOneWord = false }: Setting<unknown>, typed: string): readonly string[] {
  return (isOneWord ? [typed.trim()] : typed.split(/[\s,]+/)).filter(Boolean);
}

function valueIn<T>(result: { readonly value: T } | Wrong): T {
  if ('value' in result) return result.value;
  throw new Error(wordsOf('found', result));
}

function wordsOf(what: string, { expected, got }: Wrong): string {
  return `${what}: expected ${expected}, got ${got === '' ? 'nothing' : quoted(got)}`;
}

function readNodes(words: readonly string[]): { readonly value: readonly NewNode[] } | Wrong {
  const value: NewNode[] = [];
  for (const word of words) {
    const at = word.indexOf('=');
    const [name, address] = [word.slice(0, Math.max(at, 0)), withoutBrackets(word.slice(at + 1))];
    const isNode = isNodeName(name) && (isIpAddress(address) || isHostName(address));
    if (!isNode) return { expected: 'NAME=ADDRESS, such as web1=192.0.2.11', got: word };
    const isTwice = value.some((other) => other.name === name);
    if (isTwice) return { expected: 'a name of its own for each node', got: word };
    const isSame = value.some((other) => normalAddress(other.address) === normalAddress(address));
    if (isSame) return { expected: 'an address of its own for each node', got: word };
    value.push({ name, address });
  }
  return value.length > 0 ? { value } : { expected: A_NODE, got: '' };
}

function readVips(words: readonly string[]): { readonly value: readonly string[] } | Wrong {
  const expected = 'an IPv4 or IPv6 address, or none';
  if (words.length === 1 && words[0] === NO_VIP) return { value: [] };
  const value = words.map(withoutBrackets);
  const wrong = words.find((_, index) => !isIpAddress(value[index] ?? ''));
  return words.length === 0 || wrong !== undefined ? { expected, got: wrong ?? '' } : { value };
}

/** As an IPv6 address stands in a URL. */
function withoutBrackets(address: string): string {
  return address.replace(/^\[(.*:.*)\]$/, '$1');
}

function readPath(words: readonly string[]): { readonly value: string } | Wrong {
  const [value = ''] = words;
  const isPath = words.length === 1 && /^\/[^\p{Cc}]*$/u.test(value);
  return isPath ? { value } : { expected: 'an absolute path', got: words.join(' ') };
}

function chosen<const T extends string>(
  option: string,
  question: string,
  values: readonly T[],
  found: FoundSetting,
): Setting<T> {
  const expected = `one of ${values.join(', ')}`;
  const read = (words: readonly string[]) => {
    const value = words.length === 1 ? values.find((one) => one === words[0]) : undefined;
    return value === undefined ? { expected, got: words.join(' ') } : { value };
  };
  return { option, question, expected, read, found };
}
