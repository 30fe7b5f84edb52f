// What web servers name the path of challenges by: a prefix, a pattern or a regular expression, and the directory behind it.

/** The path of challenges, of all that may be below /.well-known, such as security.txt. As it is, or as a regular expression. */
export const OF_CHALLENGES = /\.well-known.*acme-challenge/;
/** All of it. */
export const OF_ALL = /^\^?\/\\?\.well-known\/?(?:\.[*+]|\*)?\$?$/;

const CHALLENGES = /\/?\.well-known(?:\/acme-challenge)?\/*$/;

/** The webroot of a path whose files are in this directory, under their whole names; null where it ends elsewhere, or is none. */
export function plainRoot(path: string): string | null {
  // One with a variable is several.
  return path.startsWith('/') && !/[${]/.test(path) ? path.replace(/(?<=.)\/+$/, '') : null;
}

/** The same where the directory takes the place of the path: one that ends elsewhere has no webroot, as tokens would lie in it directly. */
export function rootOfAlias(path: string): string | null {
  return CHALLENGES.test(path) ? plainRoot(path.replace(CHALLENGES, '')) : null;
}
