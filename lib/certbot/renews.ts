/** Whether a command, or a script, runs certbot renew. */
export function renews(text: string): boolean {
  return /\bcertbot(?:-auto)?\b.*[\s"']renew\b(?!-)/.test(text);
}

/** Whether it asks first whether this node is the issuer. */
export function asksWho(text: string): boolean {
  return /certbot-ha\S* (?:\S+ )*is-issuer/.test(text);
}

/** Whether it does so by the plain name alone, which PATH has to lead to. */
export function asksByName(text: string): boolean {
  return asksWho(text) && !/\/certbot-ha\S* (?:\S+ )*is-issuer/.test(text);
}
