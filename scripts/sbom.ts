import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';

// What is in the programs, as CycloneDX: npm's list, but for the time and the number that it makes up each time.

interface Bom {
  serialNumber: string;
  readonly metadata: {
    timestamp: string;
    readonly component: { name: string };
  };
}

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('sbom: expected a file to write');
const { name } = JSON.parse(await readFile('package.json', 'utf8')) as { readonly name: string };
const epoch = Number(process.env['SOURCE_DATE_EPOCH']);
if (!Number.isSafeInteger(epoch) || epoch <= 0) {
  throw new Error(`sbom: SOURCE_DATE_EPOCH: expected seconds, got ${process.env['SOURCE_DATE_EPOCH']}`);
}

const options = ['--sbom-format=cyclonedx', '--sbom-type=application', '--omit=dev', '--package-lock-only'];
const bom = JSON.parse(execFileSync('npm', ['sbom', ...options], { encoding: 'utf8' })) as Bom;
bom.metadata.timestamp = new Date(epoch * 1000).toISOString();
// npm takes the name of the directory for it.
bom.metadata.component.name = name;
bom.serialNumber = '';
bom.serialNumber = `urn:uuid:${uuidOf(JSON.stringify(bom))}`;
await writeFile(file, `${JSON.stringify(bom, null, 2)}\n`);

/** A UUID that the text alone decides (version 8 of RFC 9562: by a hash of one's own choice). */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = '89ab'[Number.parseInt(hex[16] ?? '0', 16) % 4];
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`];
  return [...parts, `${variant}${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}
