import * as v from 'valibot';
import { isKeyAuthorization, isToken } from '../challenge/challenge.ts';
import { MAX_CHALLENGES } from '../channel/protocol.ts';
import { BUNDLE_FILES, MAX_FILE_BYTES } from '../lineage/bundle.ts';
import { hash, stamp } from '../lineage/schemas.ts';

// What the requests of docs/protocol.md have to bring. Nothing is made to fit, and what is not known is refused.
// The messages go on from the name of the place, and have nothing of what was sent.

const only = <const T extends v.ObjectEntries>(entries: T) =>
  v.strictObject(entries, ({ expected, received }) => {
    if (expected === 'never') return `may have nothing but ${Object.keys(entries).join(', ')}`;
    return received === 'undefined' ? 'is missing' : 'must be an object';
  });

const text = v.string('must be a string');
const token = v.pipe(text, v.check(isToken, 'must be a token'));
const file = v.pipe(text, v.maxLength(MAX_FILE_BYTES, `must have at most ${MAX_FILE_BYTES} characters`));

const listOf = <T>(item: v.GenericSchema<unknown, T>) =>
  v.pipe(
    v.array(item, 'must be a list'),
    v.minLength(1, 'must not be empty'),
    v.maxLength(MAX_CHALLENGES, `must have at most ${MAX_CHALLENGES} items`),
  );

const challenge = v.pipe(
  only({ token, keyAuthorization: text }),
  v.check(
    ({ token: of, keyAuthorization }) => isKeyAuthorization(keyAuthorization, of),
    'must have a keyAuthorization of its token',
  ),
);

export const presentBody = only({ challenges: listOf(challenge) });
export type PresentBody = v.InferOutput<typeof presentBody>;

export const removalBody = only({ tokens: listOf(token) });
export type RemovalBody = v.InferOutput<typeof removalBody>;

export const tokenParams = only({ token });

export const idParams = only({ id: v.message(hash, 'must be the id of a bundle') });

/** The manifest is read by the installer, which believes nothing; here it only has to be small. */
export const bundleBody = only({
  manifest: file,
  files: only(
    Object.fromEntries(Object.keys(BUNDLE_FILES).map((path) => [path, file])) as Record<
      keyof typeof BUNDLE_FILES,
      typeof file
    >,
  ),
});

/** Of a version without stamps, and without a stamp, none. */
export const activationBody = v.nullish(only({ stamp: v.message(stamp, 'must be a stamp') }));
export type ActivationBody = v.InferOutput<typeof activationBody>;

export const syncRequestBody = only({
  node: v.pipe(text, v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'must be the name of a node')),
});
export type SyncRequestBody = v.InferOutput<typeof syncRequestBody>;
