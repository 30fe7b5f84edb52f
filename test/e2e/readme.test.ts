import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openLab, type Lab } from '../lab/lab.ts';
import {
  blocksOf,
  follow,
  prepareReader,
  readSection,
  readSteps,
  withoutFigures,
  type Step,
} from '../lab/scene/reader.ts';

/** certbot.service with the drop-in, but for --force-renewal. */
const RENEW_AS_THE_UNIT_DOES =
  'if certbot-ha is-issuer; then certbot renew --force-renewal; else test $? -eq 1; fi';

const LIVE_KEY = '/etc/letsencrypt/live/www.example.com/privkey.pem';
const OWN_KEY = '/etc/ssl/www.key';
const swapped = (from: string, to: string) =>
  `grep -rl '${from}' /etc/nginx | xargs readlink -f | sort -u | xargs sed -i 's|${from}|${to}|'`;
const NAME_A_COPY = `install -m 600 ${LIVE_KEY} ${OWN_KEY}; ${swapped(LIVE_KEY, OWN_KEY)}; systemctl reload nginx`;
const NAME_THE_LIVE_KEY = swapped(OWN_KEY, LIVE_KEY);

const lookAt = (addresses: readonly string[]) => `for address in ${addresses.join(' ')}; do
  openssl s_client -connect $address:443 -servername www.example.com </dev/null 2>/dev/null |
    openssl x509 -noout -fingerprint -sha256
done`;

describe('README.md, followed by a new user', () => {
  let lab: Lab;
  let steps: readonly Step[];
  beforeAll(async () => {
    steps = await readSteps();
    lab = await openLab({ nodes: 3, install: false, webServerPort443: false });
  });
  afterAll(() => lab.close());

  test('leads to a certificate that all nodes and the VIP serve', async (context) => {
    // It is about systemd, users and ports below 1024.
    if (lab.kind === 'loopback') return context.skip(lab.reason ?? undefined);
    await prepareReader(lab);
    for (const step of steps) {
      const output = (await follow(lab, step)).split('\n').map(withoutFigures);
      for (const line of step.shown) expect(output).toContain(withoutFigures(line));
    }
    expect(new Set(await fingerprints())).toEqual(new Set([await installed()]));
    for (const node of lab.nodes) expect(await node.tokens()).toEqual([]);
  });

  test('leads to renewals that all nodes and the VIP serve', async (context) => {
    if (lab.kind === 'loopback') return context.skip(lab.reason ?? undefined);
    const [before] = await fingerprints();
    await onWeb1('certbot renew --force-renewal');
    const after = new Set(await fingerprints());
    expect(after).toEqual(new Set([await installed()]));
    expect(after).not.toContain(before);
  });

  test('leads to a node that goes on renewing when the VIP has moved to it', async (context) => {
    if (lab.kind === 'loopback') return context.skip(lab.reason ?? undefined);
    const [web1, web2] = lab.nodes;
    if (web1 === undefined || web2 === undefined) throw new Error('a lab of less than two nodes');
    const [before] = await fingerprints();
    await lab.moveVip(web2);
    await follow(lab, { place: 'each node', script: RENEW_AS_THE_UNIT_DOES, shown: [] });
    await lab.moveVip(web1);
    const after = new Set(await fingerprints());
    expect(after).toEqual(new Set([await installed()]));
    expect(after).not.toContain(before);
    const record = await web1.readFile('/var/lib/certbot-ha/installed/www.example.com.json');
    expect(JSON.parse(record)).toMatchObject({ from: 'web2' });
  });

  test('shows what a delivery that fails says', async (context) => {
    if (lab.kind === 'loopback') return context.skip(lab.reason ?? undefined);
    const [, web2] = lab.nodes;
    // What an administrator once did by hand: a copy of the key, which no renewal touches.
    await web2?.check(['sh', '-ec', NAME_A_COPY]);
    const [before] = await fingerprints();
    const output = await onWeb1('certbot renew --force-renewal');
    expect(await missingFrom(output, 'When a delivery fails')).toEqual([]);
    expect(new Set(await fingerprints())).toEqual(new Set([before]));
    await web2?.check(['sh', '-ec', NAME_THE_LIVE_KEY]);
    await onWeb1('certbot-ha deploy');
    expect(new Set(await fingerprints())).toEqual(new Set([await installed()]));
  });

  test('shows what a gate that does not hold says', async (context) => {
    if (lab.kind === 'loopback') return context.skip(lab.reason ?? undefined);
    const [, web2] = lab.nodes;
    await web2?.check(['sed', '-i', '/certbot-ha.conf/d', '/etc/nginx/conf.d/www.example.com.conf']);
    await web2?.reloadNginx();
    await onWeb1('echo "gate: { timeout: 3 }" >>/etc/certbot-ha/config.yaml');
    const output = await renew();
    expect(await missingFrom(output, 'When a gate fails')).toEqual([]);
  });

  const onWeb1 = async (script: string) => await follow(lab, { place: 'web1', script, shown: [] });

  /** The lines of a section's block of output that have not come, figures apart. */
  async function missingFrom(output: string, section: string): Promise<readonly string[]> {
    const lines = new Set(output.split('\n').map(withoutFigures));
    const shown = blocksOf(await readSection(section, 'docs/how-it-works.md')).find(
      ({ language }) => language === 'text',
    );
    if (shown === undefined) throw new Error(`docs/how-it-works.md, ${section}: no output is shown`);
    return shown.text
      .trimEnd()
      .split('\n')
      .filter((line) => !lines.has(withoutFigures(line)));
  }

  /** Once in a hundred times Pebble uses a valid authorization again, whatever it is told, and then no hook runs. */
  async function renew(): Promise<string> {
    const output = await onWeb1('certbot renew --force-renewal');
    return output.includes('--manual-auth-hook') ? output : await onWeb1('certbot renew --force-renewal');
  }

  /** What the nodes and the VIP serve. */
  async function fingerprints(): Promise<readonly string[]> {
    const targets = [...lab.nodes.map(({ address }) => address), ...lab.vips];
    const found = (await onWeb1(lookAt(targets))).match(/^sha256 Fingerprint=.+$/gim) ?? [];
    expect(found).toHaveLength(targets.length);
    return found;
  }

  async function installed(): Promise<string> {
    const file = '/etc/letsencrypt/live/www.example.com/cert.pem';
    return (await onWeb1(`openssl x509 -in ${file} -noout -fingerprint -sha256`)).trim();
  }
});
