// @module-tag slow
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, onTestFinished, vi } from 'vitest';
import { createRsyncDelivery } from '../../lib/transports/rsync/delivery.ts';
import { makeBundle, NAME } from '../support/lineage/bundle.ts';
import { expect, test } from '../support/lineage/certificates.ts';
import { describeDelivery, type DeliveryUnderTest } from '../support/contracts/delivery.ts';
import { makeInbox, nodeAt } from '../support/cluster/inbox.ts';
import { mute } from '../support/programs/mute-server.ts';
import { pathsIn } from '../support/installer/looks.ts';
import { freePort, loopbackAddresses } from '../support/cluster/addresses.ts';
import { missingPrograms, startSshd } from '../support/programs/sshd.ts';

const missing = await missingPrograms();
if (missing.length > 0) {
  const message = `delivery by rsync over ssh is not tested: not installed: ${missing.join(', ')}`;
  if (process.env['CI']) throw new Error(message);
  console.warn(message);
}

describe.skipIf(missing.length > 0)('over a real sshd', () => {
  // What the strict one lets through, the machine's own does, too: that one's part is the tests below, and the lab's.
  describeDelivery(
    'rsync, with a strict rrsync forced onto the inbox',
    async (directory) => await rsync(directory, 'forced strictly'),
  );
  describeDelivery(
    'rsync, with an ordinary account',
    async (directory) => await rsync(directory, 'ordinary'),
  );

  test.for(['write-only', 'own key'] as const)(
    'a bundle arrives through a key that is %s',
    async (how, { directory, ca }) => {
      const { delivery, peer, inbox, close } = await rsync(directory, how);
      onTestFinished(close);
      const bundle = makeBundle(await ca.issue([NAME]), { configDir: '/etc/letsencrypt' });
      const id = bundle.manifest.leaf.sha256;
      const signal = AbortSignal.timeout(20_000);
      expect(await delivery.stage(peer, bundle, signal)).toEqual({ isOk: true });
      expect(await delivery.activate(peer, { id, stamp: null }, signal)).toEqual({ isOk: true });
      expect([await readdir(join(inbox, 'bundles')), await readdir(join(inbox, 'activated'))]).toEqual([
        [id],
        [id],
      ]);
      const answer = await delivery.result(
        peer,
        id,
        AbortSignal.timeout(how === 'write-only' ? 20_000 : 1_000),
      );
      const reason = { code: 'rsync-write-only' };
      expect(answer).toEqual(how === 'write-only' ? { state: 'unknown', reason } : null);
    },
  );

  test.for(['forced', 'forced strictly', 'ordinary'] as const)(
    'in an inbox without results the installer has left no answer (%s)',
    async (how, { directory }) => {
      const { delivery, peer, inbox, close } = await rsync(directory, how);
      onTestFinished(close);
      const id = 'a'.repeat(64);
      const signal = AbortSignal.timeout(20_000);
      await rm(join(inbox, 'results'), { recursive: true, force: true });
      expect(await delivery.result(peer, id, signal)).toEqual({
        state: 'unknown',
        reason: { code: 'installer-left-no-answer' },
      });
      await rm(join(inbox, 'activated'), { recursive: true });
      expect(await delivery.result(peer, id, signal)).toMatchObject({
        state: 'unknown',
        reason: { code: 'rsync-directory-missing' },
      });
    },
  );
});

/**
 * Without its leading slashes, `/` alone is no path that the one of rsync 3.4.3 lets through; the one of 3.4.4 ends where it is to
 * send what is not there.
 */
async function writeStrictRrsync(file: string): Promise<void> {
  const own = await readFile('/usr/bin/rrsync', 'utf8');
  const rooted = own.replace(/^( *)arg = arg\.replace\('\/\/', '\/'\)\n/m, "$&$1arg = arg.lstrip('/')\n");
  const strict = rooted.replace(
    /^( *)ret\.append\(arg\)\n/m,
    "$1if am_sender and opt == 'arg' and not os.path.exists(arg):\n" +
      "$1    die('post-realpath open failed (race detected):', orig_arg, 'No such file or directory')\n$&",
  );
  if (rooted === own || strict === rooted)
    throw new Error('/usr/bin/rrsync is another one than is known here');
  await writeFile(file, strict, { mode: 0o755 });
}

async function rsync(
  directory: string,
  how: 'forced' | 'forced strictly' | 'write-only' | 'ordinary' | 'own key',
): Promise<DeliveryUnderTest> {
  const [address = ''] = loopbackAddresses(1);
  const inbox = await makeInbox(join(directory, 'inbox'));
  const rrsync = {
    ...{ 'write-only': '/usr/bin/rrsync -wo', 'forced strictly': join(directory, 'rrsync') },
    ...{ forced: '/usr/bin/rrsync', ordinary: '', 'own key': '/usr/bin/rrsync' },
  }[how];
  if (how === 'forced strictly') await writeStrictRrsync(rrsync);
  const options = how === 'ordinary' ? '' : `command="${rrsync} ${inbox}",restrict`;
  const sshd = await startSshd(join(directory, 'ssh'), address, options);
  const { port, user, identityFile, sshConfig } = sshd;
  if (how === 'own key') await rename(identityFile, `${identityFile}.inbox`);
  const silent = await mute(address);
  const on = (sshPort: number) =>
    createRsyncDelivery({ rsync: { user, identityFile, port: sshPort, sshConfig }, stateDir: directory });
  return {
    ...{ delivery: on(port), inbox, seesBundles: false },
    peer: nodeAt(address, 1),
    down: {
      delivery: on(await freePort([address])),
      peer: nodeAt(address, 1),
      reason: /^ssh: port \d+: connection refused: is sshd running there\? \[connection-refused\]$/,
    },
    hanging: { delivery: on(silent.port), peer: nodeAt(address, 1) },
    close: async () => {
      vi.unstubAllEnvs();
      silent.close();
      await sshd.close();
    },
  };
}

test.skipIf(missing.length > 0)(
  'a key that is forced onto a webroot lays no private key there',
  async ({ directory, ca }) => {
    const [address = ''] = loopbackAddresses(1);
    const webroot = join(directory, 'webroot');
    await mkdir(join(webroot, '.well-known/acme-challenge'), { recursive: true });
    const sshd = await startSshd(
      join(directory, 'ssh'),
      address,
      `command="/usr/bin/rrsync -wo ${webroot}",restrict`,
    );
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      await sshd.close();
    });
    const { port, user, identityFile, sshConfig } = sshd;
    const delivery = createRsyncDelivery({
      rsync: { user, identityFile, port, sshConfig },
      stateDir: directory,
    });
    const bundle = makeBundle(await ca.issue([NAME]), { configDir: '/etc/letsencrypt' });
    const outcome = await delivery.stage(nodeAt(address, 1), bundle, AbortSignal.timeout(10_000));
    expect(outcome).toMatchObject({ isOk: false });

    expect(await pathsIn(webroot)).toEqual(['.well-known/', '.well-known/acme-challenge/']);
  },
);
