import type { FindingCode, FindingOf } from './register.ts';

/** What an argument may be: one of the kinds by their names, or one of a few words. */
export type Kind =
  'text' | 'text?' | 'texts' | 'number' | 'number?' | 'yes or no' | Readonly<Record<string, string | null>>;

/** `?` stands for an argument that may be null. */
type KindOf<Argument> = [Argument] extends [readonly string[]]
  ? 'texts'
  : [Argument] extends [boolean]
    ? 'yes or no'
    : [Argument] extends [number | null]
      ? `number${OrNull<Argument>}`
      : string extends Argument
        ? `text${OrNull<Argument>}`
        : [Argument] extends [string | null]
          ? { readonly [Word in Argument as `${Word}`]: Word }
          : never;

type OrNull<Argument> = null extends Argument ? '?' : '';

type ArgumentNames<Code extends FindingCode> = Exclude<keyof FindingOf<Code>, 'code'>;

/** Codes without arguments are left out. */
export type Kinds = {
  readonly [Code in FindingCode as ArgumentNames<Code> extends never ? never : Code]: {
    readonly [Name in ArgumentNames<Code>]: KindOf<FindingOf<Code>[Name]>;
  };
};
