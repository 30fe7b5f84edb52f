import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { readArchitecture, type Architecture } from './architecture.ts';
import { circlesOf, readImports } from './import-graph.ts';
import { directoryOf, layerRules } from './layer-rules.ts';

export const RULES = '.oxlintrc.layers.json';
const PAGE = 'docs/architecture.md';
const MAKE = 'npm run layers';

/** The text of the linter's rules that the page of the repository at `root` asks for. */
export async function rulesOf(root: string): Promise<string> {
  const architecture = readArchitecture(await readFile(join(root, PAGE), 'utf8'));
  const file = join(root, RULES);
  const style = (await resolveConfig(file)) ?? {};
  return await format(JSON.stringify(layerRules(architecture)), { ...style, filepath: file });
}

/** Where the page, the linter's rules and the directories have parted, a line each. */
export async function problemsOf(root: string): Promise<readonly string[]> {
  const page = await readFile(join(root, PAGE), 'utf8');
  const architecture = readArchitecture(page);
  const rooms = architecture.layers.flatMap((layer) => layer.rooms);
  const isCurrent = (await readFile(join(root, RULES), 'utf8')) === (await rulesOf(root));
  return [
    ...(isCurrent ? [] : [`${RULES} is not what the tables of ${PAGE} say: ${MAKE}`]),
    ...unlikeTables(rooms, architecture),
    ...(await unlikeDirectories(root, rooms)),
    ...missingFiles(root, page, rooms),
    ...(await unseenByLinter(root)),
  ];
}

function unlikeTables(rooms: readonly string[], { sentences, agent }: Architecture): readonly string[] {
  const twice = rooms.filter((room, index) => rooms.indexOf(room) !== index);
  const others = rooms.filter((room) => room !== 'agent');
  return [
    ...twice.map((room) => `${PAGE}: ${room} is twice in the table of layers`),
    ...differences(rooms, [...sentences.keys()], 'tables of rooms'),
    ...differences(others, [...agent.keys()], "agent's table"),
  ];
}

function differences(rooms: readonly string[], named: readonly string[], table: string): readonly string[] {
  return [
    ...rooms.filter((room) => !named.includes(room)).map((room) => `${PAGE}: ${room} is not in the ${table}`),
    ...named
      .filter((room) => !rooms.includes(room))
      .map((room) => `${PAGE}: ${room} is in the ${table} and in no layer`),
  ];
}

async function unlikeDirectories(root: string, rooms: readonly string[]): Promise<readonly string[]> {
  const entries = await readdir(join(root, 'lib'), { withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  const directories = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return [
    ...files.map((name) => `lib/${name} is in no room: ${PAGE} says what each room holds`),
    ...directories
      .filter((name) => !rooms.includes(name))
      .map((name) => `lib/${name}/ is in no layer: give it a place in the tables of ${PAGE}, then ${MAKE}`),
    ...rooms
      .map(directoryOf)
      .filter((directory) => !existsSync(join(root, directory)))
      .map((directory) => `${PAGE}: ${directory}/ is not there`),
  ];
}

/** Files of rooms that the page names, as in `batch/present`, and that are not there. */
function missingFiles(root: string, page: string, rooms: readonly string[]): readonly string[] {
  const names = page.matchAll(new RegExp(`\\b(?:lib/)?((${rooms.join('|')})/[a-z][a-z0-9/-]*)`, 'g'));
  return [...names].flatMap(([, name = '', room = '']) => {
    const file = join(root, directoryOf(room), name.slice(room.length));
    return existsSync(file) || existsSync(`${file}.ts`) ? [] : [`${PAGE}: ${name} is not there`];
  });
}

/** What the linter's rules do not see: circles that `import()` closes, imports by a name made at run time, and ways round. */
async function unseenByLinter(root: string): Promise<readonly string[]> {
  const { graph, hidden, crooked } = await readImports(root);
  return [
    ...circlesOf(graph).map((files) => `a circle: ${files.join(' -> ')}`),
    ...hidden.map((file) => `${file}: import() of what is no plain text: the layers cannot be checked`),
    ...crooked.map((path) => `${path}: an import goes the shortest way, or the layers cannot be checked`),
  ];
}
