// Stands for string-width below yargs in the bundle (rolldown.config.ts). What yargs measures is
// help, in ASCII; the package's expressions for emoji take 30 ms or more to compile, at each start.
module.exports = (text) => [...text].length;
