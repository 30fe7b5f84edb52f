const { format } = require('node:util');

// Stands for y18n below yargs in the bundle (rolldown.config.ts). Messages are in English, with
// our words for some (usage-error.ts). y18n would look for a file of translations, which in the bundle's
// place is a path outside of dist/ that is not ours to read.
module.exports = () => {
  const phrases = new Map();
  const translate = (phrase, ...values) => format(phrases.get(phrase) ?? phrase, ...values);
  return {
    __: translate,
    __n: (one, other, count, ...values) => translate(count === 1 ? one : other, ...values),
    getLocale: () => 'en',
    setLocale: () => undefined,
    updateLocale: (ours) => {
      for (const [phrase, words] of Object.entries(ours)) phrases.set(phrase, words);
    },
  };
};
