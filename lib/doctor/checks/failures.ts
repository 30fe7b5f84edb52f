import { complaint, judged, type Check } from '../check.ts';

/** No name is near the number of failed validations after which the CA refuses it. */
export const failures: Check = {
  name: 'validation limit',
  run: async ({ cluster: { config }, state }) => {
    const near = [...(await state.gateFailures.near())];
    return judged(
      near.map(([name, times]) =>
        complaint('warn', { code: 'validation-limit-near', name, times }, { config }),
      ),
      'no name has failed often within the hour',
    );
  },
};
