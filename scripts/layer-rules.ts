import type { Architecture, Layer } from './architecture.ts';

interface Pattern {
  readonly regex: string;
  readonly message: string;
}

const SEE = 'docs/architecture.md';
const NOT_SHIPPED = ['test', 'bench', 'scripts'];

/** The linter's configuration: for each room, what it must not import, and where such code belongs. */
export function layerRules(architecture: Architecture): object {
  return {
    $schema: './node_modules/oxlint/configuration_schema.json',
    // A configuration without this brings the linter's default plugins into the one that extends it.
    plugins: [],
    overrides: architecture.layers.flatMap((layer) =>
      layer.rooms.map((room) => ({
        files: [`${directoryOf(room)}/**`],
        rules: {
          'no-restricted-imports': ['error', { patterns: patternsFor(room, layer, architecture) }],
        },
      })),
    ),
  };
}

/** Where a room lies, from the root of the repository. */
export function directoryOf(room: string): string {
  return room === 'hooks' ? room : `lib/${room}`;
}

function patternsFor(room: string, layer: Layer, architecture: Architecture): readonly Pattern[] {
  const rules =
    room === 'agent'
      ? forTheAgent(architecture)
      : [...besides(room, layer), ...upward(room, layer, architecture)];
  const shipped = `${NOT_SHIPPED.join('/, ')}/ are not shipped and ${room}/ is: what both use belongs in lib/`;
  return [...rules, pattern(NOT_SHIPPED, shipped)];
}

/** The rooms of its own line that a room must not know. */
function besides(room: string, { name, rooms, isOrdered }: Layer): readonly Pattern[] {
  if (isOrdered) {
    const after = rooms.slice(rooms.indexOf(room) + 1);
    const where = `on the line of ${name}, ${room}/ stands before ${after.join('/, ')}/`;
    return after.length === 0
      ? []
      : [pattern(after, `${where}: ${whereTo(room, 'the later room or above')}`)];
  }
  const others = rooms.filter((other) => other !== room);
  const message =
    `the rooms of ${name} do not know each other: what they share belongs in a lower layer; ` +
    'what runs one after the other belongs in a higher one';
  return others.length === 0 ? [] : [pattern(others, message)];
}

function upward(room: string, layer: Layer, { layers }: Architecture): readonly Pattern[] {
  return layers
    .slice(layers.indexOf(layer) + 1)
    .map(({ name, rooms, holds }) =>
      pattern(
        rooms,
        `${name} (${holds}) stands above ${room}/ (${layer.name}): ${whereTo(room, layers.at(-1)?.name === name ? name : `${name} or above`)}`,
      ),
    );
}

function whereTo(room: string, upper: string): string {
  return (
    `what both use belongs in ${room}/ or a room below it; what uses both belongs in ${upper}; ` +
    'what only a caller knows is handed in'
  );
}

/** The agent's list is shorter than its layer's: each room that is not on it has its reason. */
function forTheAgent({ agent, layers }: Architecture): readonly Pattern[] {
  return layers
    .flatMap((layer) => layer.rooms)
    .filter((room) => room !== 'agent' && agent.get(room)?.isAllowed !== true)
    .map((room) => {
      const reason = agent.get(room)?.reason ?? 'it is not on its list';
      return pattern([room], `the agent faces the network and must not import ${room}/: ${reason}`);
    });
}

/** Matches a path into one of these rooms, from however deep in another one. */
function pattern(rooms: readonly string[], message: string): Pattern {
  return {
    regex: `^(?:\\./)?(?:\\.\\./)+(?:lib/)?(?:${rooms.join('|')})/`,
    message: `${message} (${SEE})`,
  };
}
