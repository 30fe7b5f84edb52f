import type { OnDamage } from '../../lib/state/json-file.ts';

/** For a test in which no file of state is damaged. */
export const noDamage: OnDamage = ({ file, why }) => {
  throw new Error(`${file}: damaged: ${why}`);
};
