// What web servers name the path of challenges by: a prefix, a pattern or a regular expression, and the directory behind it.

/** Tells which paths are meant. */
export interface Paths {
  test(path: string): boolean;
}

/** The path of challenges, of all that may be below /.well-known, such as security.txt. As it is, or as a regular expression. */
export const OF_CHALLENGES: Paths = {
  // No regular expression: one begins anew at each of its beginnings, of which a word may have thousands.
  test: (path) => {
    const at = path.indexOf('.well-known');
    return at !== -1 && path.includes('acme-challenge', at);
  },
};
/** All of it. */
export const OF_ALL: Paths = /^\^?\/\\?\.well-known\/?(?:\.[*+]|\*)?\$?$/;

const CHALLENGES = /\/?\.well-known(?:\/acme-challenge)?\/*$/;

/** The webroot of a path whose files are in this directory, under their whole names; null where it ends elsewhere, or is none. */
export function plainRoot(path: string): string | null {
  // One with a variable is several.
  if (!path.startsWith('/') || /[${]/.test(path)) return null;
  let end = path.length;
  while (end > 1 && path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}

/** The same where the directory takes the place of the path: one that ends elsewhere has no webroot, as tokens would lie in it directly. */
export function rootOfAlias(path: string): string | null {
  return CHALLENGES.test(path) ? plainRoot(path.replace(CHALLENGES, '')) : null;
}
