import { quoted, type Area } from './area.ts';

/** What was typed. */
export const COMMAND_LINE = {
  usage: ({ problem }: { readonly problem: string }) => problem,
  'no-name-given': () => 'certonly: no name given',
  'not-a-name': ({ command, got }: Readonly<Record<'command' | 'got', string>>) =>
    `${command}: expected a DNS name or an IP address, got ${quoted(got)}`,
} satisfies Area;
