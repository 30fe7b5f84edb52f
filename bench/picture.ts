import type { Curve } from './figure.ts';

// How cost grows, as an SVG that fits a light page and a dark one.

const SIZE = { width: 940, height: 500 };
const PANEL = { top: 48, bottom: 340, width: 330 };
const LEFT = { nodes: 70, names: 510 } as const;
const TITLES = { nodes: 'from 2 to 50 nodes', names: 'from 1 to 100 names' } as const;
const AXES = { nodes: 'nodes', names: 'names of a certificate' } as const;
/** Colours that can be told apart on white and on black, with and without red and green. */
const COLOURS = ['#2f6fde', '#c2571a', '#2a8f57', '#8a4fd0'];
const DASHES = ['', '6 4', '2 3', '9 3 2 3'];
const TICKS = 5;

const STYLE = `text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 }
.axis, .grid { stroke: #57606a; fill: none }
.grid { stroke-opacity: .22 }
.line { fill: none; stroke-width: 2.2 }
.back { fill: #ffffff }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .axis, .grid { stroke: #9198a1 }
  .back { fill: #0d1117 }
}`;

/** @param where what it was measured on, and when */
export function picture(curves: readonly Curve[], where: string): string {
  const panels = (['nodes', 'names'] as const).map((over) =>
    panel(
      over,
      curves.filter((curve) => curve.over === over),
    ),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" aria-label="seconds, ${TITLES.nodes} and ${TITLES.names}">
<style>${STYLE}</style>
<rect class="back" width="${SIZE.width}" height="${SIZE.height}"/>
${panels.join('\n')}
<text x="${SIZE.width / 2}" y="${SIZE.height - 8}" text-anchor="middle" opacity=".75">${escaped(where)}</text>
</svg>
`;
}

function panel(over: Curve['over'], curves: readonly Curve[]): string {
  const left = LEFT[over];
  const maxX = Math.max(1, ...curves.map(lastCount));
  // A line that was given up before the end may leave the picture: it would press all others together.
  const whole = curves.filter((curve) => lastCount(curve) === maxX);
  const top = niceTop(Math.max(0.1, ...whole.flatMap(({ points }) => points.map(([, ms]) => ms / 1000))));
  const x = (count: number) => left + (count / maxX) * PANEL.width;
  const y = (seconds: number) => PANEL.bottom - (seconds / top) * (PANEL.bottom - PANEL.top);
  const lines = curves.map(({ points }, index) => {
    const path = points.map(([count, ms]) => `${x(count).toFixed(1)},${y(ms / 1000).toFixed(1)}`);
    const colour = COLOURS[index % COLOURS.length] ?? '';
    const dots = path.map(
      (at) => `<circle cx="${at.split(',')[0]}" cy="${at.split(',')[1]}" r="3" fill="${colour}"/>`,
    );
    const dash = DASHES[index % DASHES.length];
    return `<polyline class="line" stroke="${colour}"${dash ? ` stroke-dasharray="${dash}"` : ''} points="${path.join(' ')}"/>${dots.join('')}`;
  });
  return [
    `<text class="title" x="${left}" y="20">${TITLES[over]}</text>`,
    ...axes({ over, left, maxX, top, x, y }),
    `<clipPath id="${over}"><rect x="${left - 4}" y="${PANEL.top}" width="${PANEL.width + 8}" height="${PANEL.bottom - PANEL.top + 4}"/></clipPath>`,
    `<g clip-path="url(#${over})">${lines.join('')}</g>`,
    ...curves.map((curve, index) => legend(curve, index, left)),
  ].join('\n');
}

function lastCount({ points }: Curve): number {
  return points.at(-1)?.[0] ?? 0;
}

interface Axes {
  readonly over: Curve['over'];
  readonly left: number;
  readonly maxX: number;
  readonly top: number;
  readonly x: (count: number) => number;
  readonly y: (seconds: number) => number;
}

function axes({ over, left, maxX, top, x, y }: Axes): readonly string[] {
  const right = left + PANEL.width;
  const parts = Array.from({ length: TICKS + 1 }, (_, index) => index / TICKS);
  return [
    ...parts.map((part) => {
      const at = y(part * top).toFixed(1);
      const label = `${Number((part * top).toFixed(2))}`;
      return `<line class="grid" x1="${left}" x2="${right}" y1="${at}" y2="${at}"/><text x="${left - 8}" y="${Number(at) + 4}" text-anchor="end">${label}</text>`;
    }),
    ...parts.map((part) => {
      const count = Math.round(part * maxX);
      return `<text x="${x(count).toFixed(1)}" y="${PANEL.bottom + 18}" text-anchor="middle">${count}</text>`;
    }),
    `<path class="axis" d="M${left} ${PANEL.top} V${PANEL.bottom} H${right}"/>`,
    `<text x="${left + PANEL.width / 2}" y="${PANEL.bottom + 38}" text-anchor="middle">${AXES[over]}</text>`,
    `<text transform="translate(${left - 48} ${(PANEL.top + PANEL.bottom) / 2}) rotate(-90)" text-anchor="middle">seconds</text>`,
  ];
}

function legend({ name }: Curve, index: number, left: number): string {
  const y = PANEL.bottom + 62 + index * 18;
  const colour = COLOURS[index % COLOURS.length];
  const dash = DASHES[index % DASHES.length];
  const line = `<line class="line" stroke="${colour}"${dash ? ` stroke-dasharray="${dash}"` : ''} x1="${left + 10}" x2="${left + 38}" y1="${y - 4}" y2="${y - 4}"/>`;
  return `${line}<text x="${left + 44}" y="${y}">${escaped(name)}</text>`;
}

/** The least of 1, 2, 2.5 and 5 times a power of ten that is not below it, and a little above it. */
function niceTop(value: number): number {
  const wanted = value * 1.1;
  const power = 10 ** Math.floor(Math.log10(wanted));
  return ([1, 2, 2.5, 5, 10].find((step) => step * power >= wanted) ?? 10) * power;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
