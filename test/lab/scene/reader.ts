import { cp, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CA_FILE } from '../booted/base.ts';
import { CLONE, requireDist } from '../dist.ts';
import type { Lab, LabNode } from '../contract.ts';
import { readPage } from '../../support/markdown.ts';
import { start } from '../../support/programs/program.ts';
import { answerCertbot } from './bare.ts';
import { letRootIn } from './root-ssh.ts';

// Follows README.md as a new user does: its shell blocks, in order. The first three steps are those by hand, where they say: making
// a package takes minutes.

const BY_HAND = 'docs/by-hand.md';
const FIRST_STEPS = 'The first certificate in five minutes';
const AFTER_SET_UP = /^(?=### 4\. )/m;
const PLACE = /^# on (any machine|each node|web1)\b/;

type Place = 'any machine' | 'each node' | 'web1';

/** A shell block, and the output that README shows for it, if it does. */
export interface Step {
  readonly place: Place;
  readonly script: string;
  /** the lines of the `text` block that follows it */
  readonly shown: readonly string[];
}

/** A block of README's, all of which are for web1, and the step that it belongs to. */
export interface ReadmeStep extends Step {
  /** `1. Install` */
  readonly title: string;
}

/** README's own steps. */
export async function readReadme(): Promise<readonly ReadmeStep[]> {
  const [, ...parts] = (await readSection(FIRST_STEPS)).split(/^### /m);
  return parts.flatMap((part) => {
    const [title = ''] = part.split('\n');
    return stepsIn(part, 'web1').map((step) => ({ ...step, title }));
  });
}

/** The blocks of who sets up by hand. */
export async function readSteps(): Promise<readonly Step[]> {
  const [, afterSetUp] = (await readSection(FIRST_STEPS)).split(AFTER_SET_UP);
  if (afterSetUp === undefined) throw new Error(`README.md, ${FIRST_STEPS}: there is no step 4`);
  return [...stepsIn(await readPage(BY_HAND)), ...stepsIn(afterSetUp, 'web1')];
}

/** @param place of all blocks; default: what each says */
function stepsIn(section: string, place?: Place): readonly Step[] {
  const steps: Step[] = [];
  for (const { language, text } of blocksOf(section)) {
    if (language === 'sh') steps.push({ place: place ?? placeOf(text), script: text, shown: [] });
    const last = steps.at(-1);
    if (language === 'text' && last) steps[steps.length - 1] = { ...last, shown: text.trimEnd().split('\n') };
  }
  return steps;
}

/** The text between a second-level heading of a page and the next one. */
export async function readSection(title: string, page = 'README.md'): Promise<string> {
  const section = (await readPage(page)).split(/^## /m).find((part) => part.startsWith(`${title}\n`));
  if (section === undefined) throw new Error(`${page} has no section "${title}"`);
  return section;
}

export function blocksOf(markdown: string): readonly { readonly language: string; readonly text: string }[] {
  return [...markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
    language,
    text,
  }));
}

function placeOf(script: string): Place {
  const [, place] = PLACE.exec(script) ?? [];
  if (place === undefined) throw new Error(`a block does not say where it runs:\n${script}`);
  return place as Place;
}

/** What tells one run from another does not count: times, looks, versions. */
export function withoutFigures(line: string): string {
  return (
    line
      .trim()
      .replaceAll(/\d+\.\d\d? s/g, 'T s')
      .replaceAll(/\b\d+ attempts?\b/g, 'N attempts')
      .replaceAll(/within \d+ s/g, 'within T s')
      .replaceAll(/nginx\/[\d.]+/g, 'nginx/V')
      // Where the error log goes decides how nginx begins a line.
      .replaceAll(/[\d/]{10} [\d:]{8} (\[emerg\]) \d+#\d+:/g, 'nginx: $1')
      .replaceAll(/\(serial [\dA-F]+\)/g, '(serial S)')
      .replaceAll(/\s+/g, ' ')
  );
}

/** What a reader has before the first step: hosts with a web server that knows nothing of challenges, and ssh between them. */
export async function prepareReader(lab: Lab): Promise<void> {
  const { nodes } = lab;
  await letRootIn(nodes);
  for (const node of nodes) {
    const { webroot, nginxConfDir } = node.paths;
    await node.check(['rm', '-rf', webroot, `${nginxConfDir}/http.conf`]);
    await answerCertbot(node, lab);
    await node.reloadNginx();
  }
}

/** Runs a step everywhere it wants to run. Resolves to what it wrote; throws, with that, when it fails. */
export async function follow(lab: Lab, { place, script }: Step): Promise<string> {
  if (place === 'any machine') {
    await buildAndCopy(lab, script);
    return '';
  }
  const nodes = place === 'web1' ? lab.nodes.slice(0, 1) : lab.nodes;
  let output = '';
  for (const node of nodes) output += await runAsRoot(node, script);
  return output;
}

async function runAsRoot(node: LabNode, script: string): Promise<string> {
  const argv = ['bash', '--norc', '-euo', 'pipefail', '-c', `cd /root\n${script}`];
  const { code, stdout, stderr } = await node.run(argv, {
    timeoutMs: 120_000,
    env: { REQUESTS_CA_BUNDLE: CA_FILE },
  });
  if (code !== 0) throw new Error(`${node.name}: exit ${code}:\n${script}\n${stdout}\n${stderr}`);
  return `${stdout}\n${stderr}\n`;
}

/** The tests have built already, and scp has no hosts here: it puts the files aside. */
const INSTEAD = `
npm() { :; }
scp() { local to=\${*: -1}; to=sent/\${to#root@}; mkdir -p "\${to%:}"; cp "\${@:1:$#-1}" "\${to%:}/"; }
`;

async function buildAndCopy(lab: Lab, script: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'certbot-ha-readme-'));
  try {
    await cp(await requireDist(), join(directory, 'dist'), { recursive: true });
    await cp(join(CLONE, 'systemd'), join(directory, 'systemd'), { recursive: true });
    const argv = ['bash', '-euo', 'pipefail', '-c', `${INSTEAD}\n${script}`];
    const { code, stderr } = await start(argv, { cwd: directory }).ended;
    if (code !== 0) throw new Error(`exit ${code}:\n${script}\n${stderr}`);
    for (const node of lab.nodes) await receive(node, join(directory, 'sent', node.name));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function receive(node: LabNode, sent: string): Promise<void> {
  for (const name of await readdir(sent)) {
    const input = (await readFile(join(sent, name))).toString('base64');
    await node.check(['sh', '-euc', 'umask 077; base64 -d >"/root/$1"', 'receive', name], { input });
  }
}
