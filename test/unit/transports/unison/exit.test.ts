import { expect, test } from 'vitest';
import { explainUnison } from '../../../../lib/transports/unison/exit.ts';
import { lineOf } from '../../../../lib/findings/words.ts';

const peer = {
  ...{ name: 'web2', address: '192.0.2.12', webroot: '/srv/acme', isDrained: false },
  ...{ agentPort: 9480, httpPort: 80, httpsPort: 443 },
};
const unison = { user: 'unison', identityFile: '/etc/certbot-ha/id_unison', port: 22, sshConfig: null };

// As Unison 2.52.1 and OpenSSH 9.2 say it.
test.for([
  [
    'Failed [.well-known/acme-challenge/t]: Error in processing a transfer instruction:\nPermission denied [open(/srv/acme/.well-known/acme-challenge/.unison.t.5ff7.unison.tmp)]\n',
    'unison: unison may not write /srv/acme/.well-known/acme-challenge there: docs/transports/unison.md has the rights it needs [unison-not-writable]',
  ],
  [
    'Fatal error: Received unexpected header from the server:\n expected "Unison RPC\\n" but received "Unison 2.40\\n", \nwhich differs at "Unison 2.40".\n',
    'unison: no unison 2.52 or later answers there: which version is installed, and does unison have a shell or the forced command? Unison 2.40 [unison-not-spoken]',
  ],
  [
    'unison@192.0.2.12: Permission denied (publickey).\nFatal error: Lost connection with the server\n',
    'ssh: unison@192.0.2.12 refuses the key /etc/certbot-ha/id_unison: is its public half in authorized_keys there? [ssh-key-refused]',
  ],
  [
    'bash: line 1: unison: command not found\nFatal error: Lost connection with the server\n',
    'unison: not installed there, or not in the path of unison: install unison there [unison-not-installed-there]',
  ],
  [
    '100%  00:00 ETA \r\nFatal error: No room\nfor it\n\n100%\r',
    'unison: exit 3: No room for it [unison-failed]',
  ],
] as const)('%j means %j', ([stderr, said]) => {
  const result = { code: 3, stdout: '', stderr, trouble: null };
  expect(lineOf(explainUnison(result, peer, unison))).toBe(said);
});
