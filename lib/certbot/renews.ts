/** `snap run --timer="00:00~24:00/2" certbot.renew`, as the snap's unit has it; but no name of a unit. */
const BY_SNAP = /(?<![\w.])certbot\.renew\b(?!\.)/;

/** A program, and how its line goes on where it renews. */
type Renewing = readonly [program: RegExp, goesOn: RegExp];

const CERTBOT: Renewing = [/\bcertbot(?:-auto)?\b/, /[\s"']renew\b(?!-)/];

/** Whether a command, or a script, runs certbot renew. */
export function renews(text: string): boolean {
  return isRun(CERTBOT, text) || BY_SNAP.test(text);
}

/** Other programs that get and renew certificates, as their timers and cron jobs run them. */
const OTHERS: ReadonlyMap<string, Renewing> = new Map([
  ['acme.sh', [/\bacme\.sh\b/, /--(?:cron|renew|renew-all)\b/]],
  ['dehydrated', [/\bdehydrated\b/, /\s(?:-c|--cron)\b/]],
  ['lego', [/\blego\b/, /\srenew\b/]],
  ['getssl', [/\bgetssl\b/, /\s(?:-a|--all)\b/]],
  ['uacme', [/\buacme\b/, /\sissue\b/]],
]);

/** Those that a command, or a script, runs to renew certificates. */
export function otherClientsIn(text: string): readonly string[] {
  return [...OTHERS].filter(([, renewing]) => isRun(renewing, text)).map(([client]) => client);
}

/** Two steps, not one pattern: that would begin anew at each of a thousand names of the program. */
function isRun([program, goesOn]: Renewing, text: string): boolean {
  return text.split(/[\r\n]/).some((line) => {
    const found = program.exec(line);
    return found !== null && goesOn.test(line.slice(found.index + found[0].length));
  });
}

/** Whether it asks first whether this node is the issuer. */
export function asksWho(text: string): boolean {
  return asks(text, 'certbot-ha');
}

/** Whether it does so by the plain name alone, which PATH has to lead to. */
export function asksByName(text: string): boolean {
  return asksWho(text) && !asks(text, '/certbot-ha');
}

/** Whether `is-issuer` is an argument of a command with this in its name. */
function asks(text: string, command: string): boolean {
  let isOfCommand = false;
  for (const word of text.split(' ')) {
    if (isOfCommand && word.startsWith('is-issuer')) return true;
    isOfCommand &&= /^\S+$/.test(word);
    isOfCommand ||= word.split(/\s/).at(-1)?.includes(command) === true;
  }
  return false;
}
