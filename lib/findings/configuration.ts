import { list, quoted, type Area } from './area.ts';

interface Twice {
  readonly file: string;
  readonly key: string;
  readonly address: string;
  /** the key that has it as well */
  readonly other: string;
}

interface Unknown {
  readonly host: string;
  readonly addresses: readonly string[];
  /** each as `web1 (192.0.2.11)` */
  readonly nodes: readonly string[];
  /** names that no resolver has answered for in time */
  readonly unresolved: readonly string[];
  readonly seconds: number;
}

interface Meant {
  /** the key of that place which is spelt almost so */
  readonly meant: string | null;
}

/** The configuration file. */
export const CONFIGURATION = {
  'configuration-missing': ({ file }: { readonly file: string }) => `configuration ${file}: no such file`,
  'configuration-unreadable': ({ file, error }: { readonly file: string; readonly error: string }) =>
    `configuration ${file}: cannot be read (${error})`,
  'not-yaml': ({ file, line, column, reason }: NotYaml) => {
    const place = line === null ? '' : `, line ${line}, column ${column}`;
    return `configuration ${file}${place}: not YAML: ${reason}`;
  },
  'unknown-key': ({ file, key, meant }: Readonly<Record<'file' | 'key', string>> & Meant) =>
    `${file}: ${key}: unknown key${meant === null ? '' : ` (did you mean ${meant}?)`}`,
  'missing-key': ({ file, key, expected }: Readonly<Record<'file' | 'key' | 'expected', string>>) =>
    `${file}: ${key}: missing${expected && `: expected ${expected}`}`,
  'invalid-value': ({
    file,
    key,
    expected,
    got,
  }: Readonly<Record<'file' | 'key' | 'expected' | 'got', string>>) =>
    `${file}: ${key}: expected ${expected}, got ${got}`,
  'address-twice': ({ file, key, address, other }: Twice) =>
    `${file}: ${key}: expected an address of its own, got ${quoted(address)}, as ${other} has`,
  'node-unknown': ({ host, addresses, nodes, unresolved, seconds }: Unknown) => {
    const here = `this host is ${host} with ${list(addresses, 'no address')}`;
    const silence =
      unresolved.length === 0
        ? ''
        : `; no answer within ${seconds} s from the resolver for ${unresolved.join(', ')}`;
    return `which node this is cannot be determined: ${here}; the nodes are ${nodes.join(', ')}${silence}`;
  },
  'node-ambiguous': ({ nodes }: { readonly nodes: readonly string[] }) =>
    `which node this is cannot be determined: the addresses of ${nodes.join(', ')} are all on this host`,
} satisfies Area;

interface NotYaml {
  readonly file: string;
  readonly line: number | null;
  readonly column: number | null;
  readonly reason: string;
}

/** The cluster's key. No message shows a line of it. */
export const KEY_FILE = {
  'key-file-missing': ({ file }: { readonly file: string }) => `key file ${file}: no such file`,
  'key-file-unreadable': ({ file, error }: { readonly file: string; readonly error: string }) =>
    `key file ${file}: cannot be read (${error})`,
  'key-file-open': ({ file, mode, expected }: Readonly<Record<'file' | 'mode' | 'expected', string>>) =>
    `key file ${file}: mode is ${mode}, expected ${expected} or less`,
  'key-file-of-another-user': ({ file, uid }: { readonly file: string; readonly uid: number }) =>
    `key file ${file}: belongs to user ${uid}, expected root`,
  'key-file-too-large': ({ file, bytes, maxBytes }: { readonly file: string } & Sizes) =>
    `key file ${file}: ${bytes} bytes, expected at most ${maxBytes}`,
  'key-file-invalid': ({ file, line, length }: Readonly<Record<'line' | 'length', number>> & Named) =>
    `key file ${file}, line ${line}: expected 32 bytes as 64 hexadecimal characters, got ${length} characters`,
  'key-file-empty': ({ file }: Named) => `key file ${file}: no key in it`,
} satisfies Area;

interface Named {
  readonly file: string;
}

type Sizes = Readonly<Record<'bytes' | 'maxBytes', number>>;
