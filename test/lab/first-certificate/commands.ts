import { run } from '../../support/programs/program.ts';

/** The commands of a script, as somebody types them: a loop or a here-document is one. */
export async function commandsIn(script: string): Promise<readonly string[]> {
  const commands: string[] = [];
  let typed: string[] = [];
  for (const line of script.split('\n')) {
    if (typed.length === 0 && (line === '' || line.startsWith('#'))) continue;
    typed.push(line);
    if (!(await isComplete(typed.join('\n')))) continue;
    commands.push(typed.join('\n'));
    typed = [];
  }
  if (typed.length > 0) throw new Error(`a script ends in the midst of a command:\n${typed.join('\n')}`);
  return commands;
}

/** bash refuses a loop without its end, and warns of a here-document without its end. */
async function isComplete(text: string): Promise<boolean> {
  if (/(?:\\|\||&&)$/.test(text)) return false;
  const { code, stderr } = await run(['bash', '-n', '-c', text]);
  return code === 0 && stderr === '';
}
