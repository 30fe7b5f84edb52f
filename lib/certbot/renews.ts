/** `snap run --timer="00:00~24:00/2" certbot.renew`, as the snap's unit has it; but no name of a unit. */
const BY_SNAP = /(?<![\w.])certbot\.renew\b(?!\.)/;

/** Whether a command, or a script, runs certbot renew. */
export function renews(text: string): boolean {
  return /\bcertbot(?:-auto)?\b.*[\s"']renew\b(?!-)/.test(text) || BY_SNAP.test(text);
}

/** Other programs that get and renew certificates, as their timers and cron jobs run them. */
const OTHERS: ReadonlyMap<string, RegExp> = new Map([
  ['acme.sh', /\bacme\.sh\b.*--(?:cron|renew|renew-all)\b/],
  ['dehydrated', /\bdehydrated\b.*\s(?:-c|--cron)\b/],
  ['lego', /\blego\b.*\srenew\b/],
  ['getssl', /\bgetssl\b.*\s(?:-a|--all)\b/],
  ['uacme', /\buacme\b.*\sissue\b/],
]);

/** Those that a command, or a script, runs to renew certificates. */
export function otherClientsIn(text: string): readonly string[] {
  return [...OTHERS].filter(([, pattern]) => pattern.test(text)).map(([client]) => client);
}

/** Whether it asks first whether this node is the issuer. */
export function asksWho(text: string): boolean {
  return /certbot-ha\S* (?:\S+ )*is-issuer/.test(text);
}

/** Whether it does so by the plain name alone, which PATH has to lead to. */
export function asksByName(text: string): boolean {
  return asksWho(text) && !/\/certbot-ha\S* (?:\S+ )*is-issuer/.test(text);
}
