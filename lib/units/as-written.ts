import { createHash } from 'node:crypto';

const HEAD = /^# Written by certbot-ha install ([0-9a-f]{32})\. What is changed below is kept\.\n/;

/** A file as install writes it: its first line is what tells later that nobody has changed the rest. */
export function asWritten(text: string): string {
  return `# Written by certbot-ha install ${digestOf(text)}. What is changed below is kept.\n${text}`;
}

/** Whether install has written it, of this version or of another one, and nobody has changed it since. */
export function isAsWritten(text: string): boolean {
  const [head = '', digest] = HEAD.exec(text) ?? [];
  return digest !== undefined && digest === digestOf(text.slice(head.length));
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
