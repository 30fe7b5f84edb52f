// @module-tag long
import { CA_FILE } from '../lab/booted/base.ts';
import type { Step } from '../../lib/findings/step.ts';
import { CONFIGURED, sh, type Patient } from '../lab/scene/breakages/breakage.ts';
import { NETWORK } from '../lab/scene/breakages/network.ts';
import { NODE } from '../lab/scene/breakages/node.ts';
import { RENEWAL } from '../lab/scene/breakages/renewal.ts';
import { lacksFakeClock } from '../lab/scene/clock.ts';
import { siteOf } from '../lab/scene/serve.ts';
import { eventually, expect, test as base, type LabNode } from '../lab/scene/scene.ts';

/** Public DNS knows no name below .test, and CAA is not looked up of it. */
const NAME = 'shop.lab-host.net';
const ISSUE = ['certonly', '--manual', '--preferred-challenges', 'http', '-d', NAME];
const HOOKS = [
  ...['--manual-auth-hook', 'certbot-ha-auth', '--manual-cleanup-hook', 'certbot-ha-cleanup'],
  ...['--deploy-hook', 'certbot-ha-deploy'],
];
/** Root gets from any node to any other, as who carries a configuration there does. */
const SSH = `install -d -m 0700 /root/.ssh
cat /etc/certbot-ha/id_ed25519.pub >>/root/.ssh/authorized_keys
echo 'IdentityFile /etc/certbot-ha/id_ed25519' >/root/.ssh/config`;

const test = base.extend('patient', { scope: 'file' }, async ({ lab }): Promise<Omit<Patient, 'undo'>> => {
  const [web1, web2, web3] = lab.nodes;
  if (web1 === undefined || web2 === undefined || web3 === undefined)
    throw new Error('fewer than three nodes');
  const nodes = [web1, web2, web3] as const;
  await lab.configure(CONFIGURED(lab));
  await Promise.all(
    nodes.map(async (node) => {
      await sh(node, SSH);
      await sh(node, 'systemctl enable --now certbot.timer');
    }),
  );
  await lab.certbot(web1, [...ISSUE, ...HOOKS]);
  await Promise.all(
    nodes.map(async (node) => {
      await node.writeFile(`/etc/nginx/conf.d/${NAME}.conf`, siteOf(NAME, `/etc/letsencrypt/live/${NAME}`));
      await node.reloadNginx();
    }),
  );
  return { lab, nodes, name: NAME };
});

interface Said {
  readonly checks: readonly {
    readonly name: string;
    readonly result: string;
    readonly findings: readonly { readonly who: string | null; readonly next: readonly Step[] }[];
  }[];
}

async function doctor(node: LabNode) {
  const [printed, json] = await Promise.all([
    node.run(['certbot-ha', 'doctor']),
    node.run(['certbot-ha', 'doctor', '--json']),
  ]);
  const [first = '', ...lines] = printed.stdout.split('\n');
  const line = lines.find((one) => one.startsWith('      next: '))?.slice('      next: '.length) ?? '';
  const check = (JSON.parse(json.stdout) as Said).checks[0];
  const steps = check?.findings[0]?.next ?? [];
  return {
    code: printed.code,
    stdout: printed.stdout,
    first,
    line,
    check,
    steps,
    codes: [printed.code, json.code],
  };
}

/** Types a step where it says that it is typed. One without a command is for the hand. */
async function type(step: Step | undefined, here: LabNode, nodes: readonly LabNode[]): Promise<string> {
  if (step === undefined || step.command === null) return '';
  const node = step.on === null ? here : nodes.find(({ name }) => name === step.on);
  if (node === undefined) throw new Error(`no node: ${step.on}`);
  return await node.check(['sh', '-c', step.command], { env: { REQUESTS_CA_BUNDLE: CA_FILE } });
}

test.for([...NETWORK, ...NODE, ...RENEWAL].map((one) => [one.what, one] as const))(
  '%s: the doctor says so first, and passes when what it says is typed',
  async ([, { breaks, first, seenFrom, byHand, needs }], { scene, patient, skip }) => {
    scene.needsHosts('systemd');
    const whole = { ...patient, undo: scene.undo };
    const here = seenFrom?.(whole) ?? patient.nodes[0];
    if (needs === 'libfaketime') skip(await lacksFakeClock(here), 'libfaketime is not installed');
    if (needs === 'nft') skip((await here.run(['which', 'nft'])).code !== 0, 'nftables is not installed');
    await breaks(whole);

    const told = await doctor(here);
    expect(told.first, told.stdout).toMatch(first);
    expect(told.codes).toEqual([1, 1]);
    expect(told.check).toMatchObject({ result: 'fail', findings: expect.anything() });
    expect(told.first).toContain(told.check?.name);
    const [now, ...then] = told.steps;
    const typed = told.steps.find(({ command }) => command !== null);
    if (typed) expect(told.line).toBe(`${typed.on === null ? '' : `on ${typed.on}: `}${typed.command}`);

    const printed = await type(now, here, patient.nodes);
    await byHand?.(whole, printed, then);

    let after = await doctor(here);
    const isWell = async () => {
      if (after.code !== 0) after = await doctor(here);
      return after.code === 0;
    };
    await eventually(isWell, { timeoutMs: 15_000, what: 'a doctor that passes' }).catch(() => undefined);
    expect(after.stdout).not.toMatch(/^FAIL/m);
    expect(after.codes).toEqual([0, 0]);
  },
);
