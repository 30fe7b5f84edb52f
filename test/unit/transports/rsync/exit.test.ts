import { describe, expect, test } from 'vitest';
import { lineOf } from '../../../../lib/findings/words.ts';
import type { ClusterNode } from '../../../../lib/cluster/config.ts';
import type { CommandResult, ProgramFinding } from '../../../../lib/system/run-command.ts';
import { explainRsync, isNoSuchDirectory, isPassing } from '../../../../lib/transports/rsync/exit.ts';

const PEER = { name: 'web2', address: '192.168.69.12', webroot: '/srv/acme' } as ClusterNode;
const RSYNC = { user: 'certbot-ha', identityFile: '/etc/certbot-ha/id_ed25519', port: 2222, sshConfig: null };

const ended = (code: number | null, stderr = '', trouble: ProgramFinding | null = null): CommandResult => ({
  code,
  stdout: '',
  stderr,
  trouble,
});
const explain = (result: CommandResult) =>
  lineOf(explainRsync(result, PEER, RSYNC, '/srv/acme/.well-known/acme-challenge'));

describe('in words for the operator', () => {
  test.for([
    [
      255,
      'ssh: connect to host 192.168.69.12 port 2222: Connection refused',
      'ssh: port 2222: connection refused: is sshd running there? [connection-refused]',
    ],
    [
      12,
      'rsync: [Receiver] Failed to exec ssh: No such file or directory (2)\nrsync error: error in IPC code (code 14) at pipe.c(85)',
      'ssh is not installed [program-not-installed]',
    ],
    [
      255,
      'ssh: connect to host 192.168.69.12 port 2222: No route to host',
      'ssh: no route to host [no-route-to-host]',
    ],
    [
      255,
      'ssh: connect to host 192.168.69.12 port 2222: Connection timed out',
      'ssh: port 2222: no answer: the connection timed out [connection-timed-out]',
    ],
    [
      12,
      'ssh: connect to host 192.168.69.12 port 2222: Connection refused\nrsync: connection unexpectedly closed',
      'ssh: port 2222: connection refused: is sshd running there? [connection-refused]',
    ],
    [
      12,
      '/usr/bin/rrsync error: post-realpath open failed (race detected): /activated/ No such file or directory\nrsync: connection unexpectedly closed (0 bytes received so far) [Receiver]',
      'rsync: is /srv/acme/.well-known/acme-challenge there? /usr/bin/rrsync error: post-realpath open failed (race detected): /activated/ No such file or directory [rsync-directory-missing]',
    ],
    [
      255,
      'Host key verification failed.',
      'ssh: the host key of certbot-ha@192.168.69.12 is unknown or has changed: add it to /etc/ssh/ssh_known_hosts [ssh-host-key-unknown]',
    ],
    [
      255,
      'certbot-ha@192.168.69.12: Permission denied (publickey).',
      'ssh: certbot-ha@192.168.69.12 refuses the key /etc/certbot-ha/id_ed25519: is its public half in authorized_keys there? [ssh-key-refused]',
    ],
    [
      255,
      'kex_exchange_identification: read: Connection reset by peer',
      'ssh: kex_exchange_identification: read: Connection reset by peer [ssh-failed]',
    ],
    [
      23,
      'rsync: [receiver] mkstemp "/srv/.x" failed: Permission denied (13)\nrsync error: some files (code 23)',
      'rsync: certbot-ha may not write /srv/acme/.well-known/acme-challenge there [rsync-not-writable]',
    ],
    [
      11,
      'rsync: mkdir failed: No such file or directory (2)\nrsync error: error in file IO (code 11)',
      'rsync: is /srv/acme/.well-known/acme-challenge there? rsync: mkdir failed: No such file or directory (2) [rsync-directory-missing]',
    ],
    [
      12,
      'sh: rsync: not found\nrsync: connection unexpectedly closed (0 bytes received so far)',
      'rsync: no rsync answers there: is it installed, and does certbot-ha have a shell or rrsync? sh: rsync: not found [rsync-not-answering]',
    ],
    [
      1,
      'rrsync error: option --foo is not allowed',
      'rsync: wrong use, or refused by rrsync on the peer: rrsync error: option --foo is not allowed [rsync-refused]',
    ],
    [127, '', 'rsync: not installed there, or not in the path of certbot-ha [rsync-not-installed-there]'],
    [30, 'rsync error: timeout in data send/receive', 'rsync: no answer in time [rsync-no-answer]'],
    [35, '', 'rsync: no answer in time [rsync-no-answer]'],
    [
      12,
      'rrsync error: reading from write-only server is not allowed\nrsync: connection unexpectedly closed',
      'rsync: write-only there: leave -wo out of the forced command [rsync-write-only]',
    ],
    [5, '', 'rsync: exit 5: no word why [rsync-failed]'],
  ] as const)('exit %i, %s', ([code, stderr, reason]) => {
    expect(explain(ended(code, stderr))).toBe(reason);
  });

  test('a program that could not run at all says so itself', () => {
    expect(explain(ended(null, 'noise', { code: 'program-not-installed', program: 'rsync' }))).toBe(
      'rsync is not installed [program-not-installed]',
    );
  });

  test('a line without an end is cut', () => {
    expect(explain(ended(5, 'x'.repeat(10_000))).length).toBeLessThan(400);
  });
});

describe('a directory that is not there', () => {
  test.for([
    [3, 'No such file or directory', true],
    [11, 'rsync: mkdir failed: No such file or directory (2)', true],
    [23, 'rsync: change_dir failed: Permission denied (13)', true],
    [11, '', true],
    [23, 'No space left on device', false],
    [255, 'No such file or directory', false],
    [0, '', false],
    [null, 'No such file or directory', false],
  ] as const)('is exit %s with %j: %s', ([code, stderr, expected]) => {
    expect(isNoSuchDirectory(ended(code, stderr))).toBe(expected);
  });
});

describe('what another run may do better', () => {
  test.for([
    [255, 'ssh: connect to host web2 port 22: Connection refused', null, true],
    [12, 'ssh: connect to host web2 port 22: Connection refused', null, true],
    [12, 'rrsync error: Another instance of rrsync is already accessing this directory.', null, true],
    [24, 'file has vanished: "/activated/ID"', null, true],
    [30, '', null, true],
    [null, '', { code: 'program-too-slow', program: 'rsync', seconds: 10 }, true],
    [12, 'rrsync error: reading from write-only server is not allowed', null, false],
    [1, 'rsync: unknown option', null, false],
    [23, 'Permission denied (13)', null, false],
    [0, '', null, false],
  ] as const)('is exit %s with %j, %j: %s', ([code, stderr, trouble, expected]) => {
    expect(isPassing(ended(code, stderr, trouble))).toBe(expected);
  });
});
