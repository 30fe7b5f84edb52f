import { OF_ALL, OF_CHALLENGES, plainRoot, rootOfAlias, type Paths } from '../webserver/challenge-paths.ts';

/** More than Caddy's own handlers are nested. */
const MAX_DEPTH = 64;

/**
 * The webroot that Caddy already has for challenges: `root` in a route for them, or of its file server; else in one for all that is well
 * known. Null where there is none. @param config as `caddy adapt` prints it
 * @throws {SyntaxError} where it is no JSON
 */
export function caddyWebroot(config: string): string | null {
  const routes = [...objectsIn(JSON.parse(config), () => true)].filter(({ match }) => match !== undefined);
  return rootFor(routes, OF_CHALLENGES) ?? rootFor(routes, OF_ALL);
}

type Node = Readonly<Record<string, unknown>>;

function rootFor(routes: readonly Node[], pattern: Paths): string | null {
  for (const route of routes) {
    if (!pathsIn(route).some((path) => pattern.test(path))) continue;
    // A route in it that is for another path has a root of its own.
    const inside = [...objectsIn(route['handle'], (node) => pathsIn(node).length === 0)];
    const isStripped = inside.some((node) => typeof node['strip_path_prefix'] === 'string');
    for (const { handler, root } of inside) {
      if ((handler !== 'vars' && handler !== 'file_server') || typeof root !== 'string') continue;
      const webroot = isStripped ? rootOfAlias(root) : plainRoot(root);
      if (webroot !== null) return webroot;
    }
  }
  return null;
}

/** What a route matches by: patterns of a path, and regular expressions. */
function pathsIn({ match }: Node): readonly string[] {
  const sets = Array.isArray(match) ? match.filter(isNode) : [];
  return sets.flatMap(({ path, path_regexp: regexp }) => [
    ...(Array.isArray(path) ? path.filter((one) => typeof one === 'string') : []),
    ...(isNode(regexp) && typeof regexp['pattern'] === 'string' ? [regexp['pattern']] : []),
  ]);
}

/** Every object in a value, in its order. @param isEntered whether those in it are among them */
function* objectsIn(value: unknown, isEntered: (node: Node) => boolean, depth = 0): Generator<Node> {
  if (depth > MAX_DEPTH) return;
  if (Array.isArray(value)) {
    for (const one of value) yield* objectsIn(one, isEntered, depth + 1);
  } else if (isNode(value) && isEntered(value)) {
    yield value;
    for (const one of Object.values(value)) yield* objectsIn(one, isEntered, depth + 1);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
