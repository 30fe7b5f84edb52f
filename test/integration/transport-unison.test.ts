// @module-tag slow
import { chmod, mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { createUnisonTransport } from '../../lib/transports/unison/challenges.ts';
import { createWebroot } from '../../lib/challenge/webroot.ts';
import { loopbackAddresses } from '../support/cluster/addresses.ts';
import { makeChallenge } from '../support/cluster/challenge.ts';
import { nodeIn } from '../support/cluster/node-in.ts';
import { overSsh } from '../support/contracts/over-ssh.ts';
import { reasonIn } from '../support/contracts/reason-in.ts';
import { describeTransport, type TransportUnderTest } from '../support/contracts/transport.ts';
import { lackOf } from '../support/packages.ts';
import { startSshd } from '../support/programs/sshd.ts';
import { expect, test } from '../support/temporary.ts';

const lack = await lackOf(['unison']);

/** Two webroots, of which one is reached by ssh. @param forced what the key may run, given a directory for archives */
async function unisonOver(directory: string, forced: (archives: string) => string) {
  const [address = ''] = loopbackAddresses(1);
  const [self, peer] = [await nodeIn(directory, 'web1', address), await nodeIn(directory, 'web2', address)];
  const archives = join(directory, 'archives');
  await mkdir(archives);
  const sshd = await startSshd(join(directory, 'ssh'), address, forced(archives));
  const { user, identityFile, sshConfig } = sshd;
  const stateDir = join(directory, 'state');
  const on = (port: number) =>
    createUnisonTransport({ unison: { user, identityFile, port, sshConfig }, stateDir }, self);
  return { self, peer, archives, sshd, stateDir, transport: on(sshd.port), on };
}

const FORCED = (archives: string) => `command="env UNISON=${archives} unison -server",restrict`;

describe.skipIf(lack !== null)('over a real sshd', () => {
  describeTransport('unison, forced to serve', async (directory): Promise<TransportUnderTest> => {
    const { self, peer, sshd, on } = await unisonOver(directory, FORCED);
    return {
      ...(await overSsh(sshd, peer, on)),
      abilities: { hasAgents: false, isWebrootShared: false, source: 'webroot', needsKey: false },
      self,
      peer,
      many: 101,
    };
  });

  test('leaves alone what is not of the batch, and needs no archive of an earlier run', async ({
    directory,
    onTestFinished,
  }) => {
    const { self, peer, archives, stateDir, sshd, transport } = await unisonOver(directory, FORCED);
    onTestFinished(sshd.close);
    const [ours, theirs, own, old] = [makeChallenge(), makeChallenge(), makeChallenge(), makeChallenge()];
    await createWebroot(self.webroot).write([ours, own]);
    // Of another client there; and one whose content differs, which is no conflict.
    await createWebroot(peer.webroot).write([theirs, old, { ...ours, keyAuthorization: 'older' }]);
    const signal = AbortSignal.timeout(15_000);
    const there = join(peer.webroot, '.well-known/acme-challenge');
    expect(await transport.present(peer, [ours], signal)).toEqual({ isOk: true });
    expect((await readdir(there)).toSorted()).toEqual(
      [ours, theirs, old].map(({ token }) => token).toSorted(),
    );
    expect(await readFile(join(there, ours.token), 'utf8')).toBe(ours.keyAuthorization);
    // As a run that was killed leaves it.
    const [archive = ''] = await readdir(archives);
    await writeFile(join(archives, archive.replace(/^ar/, 'lk')), '');
    await createWebroot(self.webroot).remove([ours.token]);
    // `old` has never been here.
    expect(await transport.cleanUp(peer, [ours.token, old.token], signal)).toEqual({ isOk: true });
    expect(await readdir(there)).toEqual([theirs.token]);
    expect(await readdir(join(self.webroot, '.well-known/acme-challenge'))).toEqual([own.token]);
    expect(await readdir(stateDir)).toEqual([]);
  });

  test.for([
    [
      'no unison there',
      'command="no-such-unison -server",restrict',
      'unison: not installed there, or not in the path of',
    ],
    ['an older one', 'command="echo Unison 2.40",restrict', 'unison: no unison 2.52 or later answers there'],
    [
      'no shell',
      'command="/usr/sbin/nologin",restrict',
      'the forced command? This account is currently not available.',
    ],
    ['another key', 'from="192.0.2.1"', 'is its public half in authorized_keys there?'],
  ] as const)('says that there is %s', async ([, options, said], { directory, onTestFinished }) => {
    const { peer, sshd, transport } = await unisonOver(directory, () => options);
    onTestFinished(sshd.close);
    const outcome = await transport.cleanUp(peer, [makeChallenge().token], AbortSignal.timeout(15_000));
    expect(reasonIn(outcome)).toContain(said);
  });

  test('follows a link on the way to the tokens, on both sides', async ({ directory, onTestFinished }) => {
    const { self, peer, sshd, transport } = await unisonOver(directory, FORCED);
    onTestFinished(sshd.close);
    for (const { name, webroot } of [self, peer]) {
      await rename(join(webroot, '.well-known'), join(directory, `elsewhere-${name}`));
      await symlink(join(directory, `elsewhere-${name}`), join(webroot, '.well-known'));
    }
    const challenge = { ...makeChallenge(), token: '-a-token-that-begins-as-an-option' };
    await createWebroot(self.webroot).write([challenge]);
    const signal = AbortSignal.timeout(15_000);
    expect(await transport.present(peer, [challenge], signal)).toEqual({ isOk: true });
    const there = join(directory, `elsewhere-${peer.name}`, 'acme-challenge');
    expect(await readdir(there)).toEqual([challenge.token]);
    expect(await transport.cleanUp(peer, [], signal)).toEqual({ isOk: true });
    expect(await readdir(there)).toEqual([challenge.token]);
  });

  test('is closed when a run that outlives its call is over', async ({ directory, onTestFinished }) => {
    const slow = (archives: string) => `command="sleep 0.2; env UNISON=${archives} unison -server",restrict`;
    const { self, peer, sshd, transport } = await unisonOver(directory, slow);
    onTestFinished(sshd.close);
    const challenge = makeChallenge();
    await createWebroot(self.webroot).write([challenge]);
    expect(await transport.present(peer, [challenge], AbortSignal.timeout(100))).toMatchObject({
      isOk: false,
    });
    await transport.close();
    expect(await readdir(join(peer.webroot, '.well-known/acme-challenge'))).toEqual([challenge.token]);
  });

  test('says where its account may not write', async ({ directory, onTestFinished }) => {
    // Root may write anywhere, so as root the account is nobody.
    const isRoot = process.getuid?.() === 0;
    const nobody = 'setpriv --reuid=65534 --regid=65534 --clear-groups';
    const forced = (archives: string) =>
      `command="${isRoot ? nobody : ''} env UNISON=${archives} unison -server",restrict`;
    const { self, peer, archives, sshd, transport } = await unisonOver(directory, forced);
    onTestFinished(sshd.close);
    await chmod(archives, 0o777);
    await chmod(directory, 0o755);
    const challenge = makeChallenge();
    await createWebroot(self.webroot).write([challenge]);
    await chmod(join(peer.webroot, '.well-known/acme-challenge'), 0o555);
    const outcome = await transport.present(peer, [challenge], AbortSignal.timeout(15_000));
    expect(reasonIn(outcome)).toContain('[unison-not-writable]');
  });
});
