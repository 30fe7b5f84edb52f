import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { LabNode } from '../lab.ts';

/** Pieces by which a lineage's private keys and its account's key are found wherever they have got to. */
export async function secretsOf(node: LabNode, name: string): Promise<readonly string[]> {
  const { letsencrypt } = node.paths;
  const keys = await node.check(['sh', '-c', 'cat "$0"/privkey*.pem', join(letsencrypt, 'archive', name)]);
  const bodies = [...keys.matchAll(/-----BEGIN PRIVATE KEY-----([^-]+)/g)].map(([, body = '']) =>
    body.replaceAll('\n', ''),
  );
  // Of a P-256 key in PKCS #8, 36 octets are the same for all and the last 65 are public: in between is the secret.
  const pieces = bodies.flatMap((body) => [body.slice(48, 64), body.slice(64, 88)]);
  const accounts = (await accountKeys(node)).matchAll(/"d": ?"([\w-]{40})/g);
  return [...pieces, ...[...accounts].map(([, d = '']) => d)];
}

async function accountKeys(node: LabNode): Promise<string> {
  const accounts = join(node.paths.letsencrypt, 'accounts');
  return await node.check(['find', accounts, '-name', 'private_key.json', '-exec', 'cat', '{}', ';']);
}

/** The thumbprint of each account's key (RFC 7638), which every key authorization of the account ends in. */
export async function thumbprintsOf(node: LabNode): Promise<readonly string[]> {
  const keys = (await accountKeys(node)).match(/\{[^}]*\}/g) ?? [];
  return keys.map((text) => {
    const key = JSON.parse(text) as Record<string, string>;
    const required = ['crv', 'e', 'kty', 'n', 'x', 'y'].filter((member) => member in key);
    const canonical = JSON.stringify(Object.fromEntries(required.map((member) => [member, key[member]])));
    return createHash('sha256').update(canonical).digest('base64url');
  });
}

const PLACES = [
  ...['/etc', '/home', '/root', '/run', '/tmp', '/usr/share/nginx'],
  ...['/var/lib/certbot-ha', '/var/lib/letsencrypt', '/var/lib/nginx', '/var/log', '/var/spool', '/var/tmp'],
];

/** Files written since the node was booted that hold one of the secrets, apart from where certbot keeps them. */
export async function filesWith(node: LabNode, secrets: readonly string[]): Promise<readonly string[]> {
  const script = `patterns=$(cat)
find "$@" -xdev -type f -cnewer /var/lib/lab-ready -exec sh -c '
  patterns=$1; shift; grep -laF -e "$patterns" -- "$@"' sh "$patterns" {} + 2>/dev/null
true`;
  const stdout = await node.check(['sh', '-c', script, 'search', ...PLACES], { input: secrets.join('\n') });
  const { letsencrypt } = node.paths;
  const own = new RegExp(
    `^${letsencrypt}/(archive/[^/]+/privkey\\d+\\.pem|keys/\\d+_key-certbot\\.pem|accounts/.*/private_key\\.json)$`,
  );
  return stdout
    .split('\n')
    .filter((path) => path !== '' && !own.test(path))
    .map((path) => `${node.name}: ${path}`);
}

/** Entries of the journal, with all their fields, that hold one of the secrets. */
export async function entriesWith(node: LabNode, secrets: readonly string[]): Promise<readonly string[]> {
  const script = 'patterns=$(cat); journalctl --no-pager --all -o export | grep -aF -e "$patterns"';
  const journal = await node.run(['sh', '-c', script], { input: secrets.join('\n') });
  return journal.stdout === '' ? [] : [`${node.name}: journal: ${journal.stdout.slice(0, 300)}`];
}

/** Says what it has not said yet: with all processes, twenty times a second, the rest would be what the machine does. */
const WATCHER = `
const { readdirSync, readFileSync } = require('node:fs');
const said = new Set();
const read = (file) => { try { return readFileSync(file, 'latin1'); } catch { return ''; } };
setInterval(() => {
  for (const pid of readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name))) {
    for (const text of [read('/proc/' + pid + '/cmdline'), read('/proc/' + pid + '/environ')]) {
      if (said.has(text)) continue;
      said.add(text);
      process.stdout.write(text + '\\n');
    }
  }
}, 50);
`;

/** Watches what every process of a node has been given, until it is told to end. */
export function watchProcesses(node: LabNode): { readonly end: () => Promise<string> } {
  const over = new AbortController();
  const running = node.run(['node', '-e', WATCHER], { signal: over.signal, timeoutMs: 170_000 });
  running.catch(() => undefined); // whoever ends it hears of it
  return {
    async end() {
      over.abort();
      return (await running).stdout;
    },
  };
}
