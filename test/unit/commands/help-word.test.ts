import { expect, test } from 'vitest';
import { keepHelpAWord } from '../../../lib/commands/help-word.ts';

test.for([
  ['sync help', 'sync -- help'],
  ['deploy a.example.test help', 'deploy a.example.test -- help'],
  ['deploy help --config FILE', 'deploy --config FILE -- help'],
  ['--config FILE deploy help', '--config FILE deploy -- help'],
  ['--config=FILE status --json help', '--config=FILE status --json -- help'],
])('%s: the word is an argument', ([typed = '', meant = '']) => {
  expect(keepHelpAWord(typed.split(' '))).toEqual(meant.split(' '));
});

test.for([
  'help',
  '--config FILE help',
  'deploy help a.example.test',
  'deploy --help',
  'deploy -- help',
  'deploy --config help',
  'deploy',
])('%s stays as it is', (typed) => {
  expect(keepHelpAWord(typed.split(' '))).toEqual(typed.split(' '));
});
