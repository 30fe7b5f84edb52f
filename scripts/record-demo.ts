// Runs the demo and makes docs/images/demo.svg of what it prints: npx jiti scripts/record-demo.ts
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const CLONE = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const PICTURE = `${CLONE}/docs/images/demo.svg`;
/** Sections that the picture leaves out, by how their headings begin. */
const LEFT_OUT = ['Three hosts', 'A drill', 'The certificate', 'Who served what', 'How long'];

interface Span {
  readonly text: string;
  readonly style: string;
}

// Select Graphic Rendition codes that the demo uses, and the picture's classes for them.
const STYLES: Readonly<Record<string, string>> = { 1: 'b', 2: 'd', 32: 'g', 33: 'y', 36: 'c' };
const COLOURS: Readonly<Record<string, string>> = {
  b: 'font-weight:700;fill:#f0f6fc',
  d: 'fill:#8b949e',
  g: 'fill:#7ee787',
  y: 'fill:#e3b341',
  c: 'fill:#79c0ff',
};
const [CHARACTER_WIDTH, LINE_HEIGHT, FONT_SIZE, MARGIN, BAR] = [7.85, 18, 13, 20, 36];

async function record(): Promise<string> {
  const env = { ...process.env, FORCE_COLOR: '1', NO_COLOR: '', CERTBOT_HA_LAB: 'booted' };
  const child = spawn('bash', [`${CLONE}/scripts/demo.sh`], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
    process.stdout.write(chunk);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the demo ended with exit ${code}: no picture is made of that`);
  return output;
}

/** The demo's lines without those of the set-up before it, and with an ellipsis for each gap. */
function select(output: string): readonly (readonly Span[])[] {
  const lines = output.trimEnd().split('\n').map(spansOf);
  const [, ...sections] = splitAt(lines, isHeading);
  const title = sections.shift() ?? [];
  const isLeftOut = (section: readonly (readonly Span[])[]) =>
    LEFT_OUT.some((start) => section[0]?.[0]?.text.startsWith(start));
  const missing = LEFT_OUT.filter(
    (start) => !sections.some((section) => section[0]?.[0]?.text.startsWith(start)),
  );
  if (missing.length > 0) throw new Error(`no section begins with ${missing.join(' or ')}`);
  const gap: readonly Span[] = [{ text: '  …', style: 'd' }];
  const kept = sections.flatMap((section, index) => {
    if (!isLeftOut(section)) return section;
    const previous = sections[index - 1];
    return previous !== undefined && isLeftOut(previous) ? [] : [gap, []];
  });
  return [[{ text: '$ npm run demo', style: 'b' }], ...title, ...kept];
}

function isHeading(line: readonly Span[]): boolean {
  return line.length === 1 && line[0]?.style === 'b' && !line[0].text.startsWith(' ');
}

/** Parts that each begin with a match, and what comes before the first. */
function splitAt<T>(items: readonly T[], isStart: (item: T) => boolean): readonly (readonly T[])[] {
  const parts: T[][] = [[]];
  for (const item of items) {
    if (isStart(item)) parts.push([]);
    parts.at(-1)?.push(item);
  }
  return parts;
}

function spansOf(line: string): readonly Span[] {
  // Pieces between escape sequences alternate with the sequences' codes.
  // oxlint-disable-next-line no-control-regex -- that is what such a sequence begins with
  const pieces = line.split(/\u001b\[(\d+)m/);
  return pieces.flatMap((text, index) => {
    if (index % 2 === 1 || text === '') return [];
    return [{ text, style: STYLES[pieces[index - 1] ?? ''] ?? '' }];
  });
}

function svgOf(lines: readonly (readonly Span[])[]): string {
  const columns = Math.max(...lines.map((line) => line.reduce((sum, { text }) => sum + text.length, 0)));
  const width = Math.ceil(columns * CHARACTER_WIDTH) + 2 * MARGIN;
  const height = lines.length * LINE_HEIGHT + BAR + MARGIN;
  const rules = Object.entries(COLOURS).map(([name, rule]) => `.${name}{${rule}}`);
  const font = `font:${FONT_SIZE}px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace`;
  const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
    (fill, index) => `<circle cx="${MARGIN + index * 18}" cy="18" r="5.5" fill="${fill}"/>`,
  );
  const rows = lines.map((line, index) =>
    line.length === 0
      ? ''
      : `<text x="${MARGIN}" y="${BAR + (index + 1) * LINE_HEIGHT}">${line.map(svgSpan).join('')}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    '<title>What npm run demo prints</title>',
    `<style>text{${font};fill:#c9d1d9;white-space:pre}${rules.join('')}</style>`,
    `<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8" fill="#0d1117" stroke="#444c56"/>`,
    ...dots,
    '<g xml:space="preserve">',
    ...rows.filter(Boolean),
    '</g>',
    '</svg>\n',
  ].join('\n');
}

function svgSpan({ text, style }: Span): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return style === '' ? escaped : `<tspan class="${style}">${escaped}</tspan>`;
}

const svg = svgOf(select(await record()));
await mkdir(`${CLONE}/docs/images`, { recursive: true });
await writeFile(PICTURE, svg);
console.log(`${PICTURE}: ${svg.length} bytes`);
