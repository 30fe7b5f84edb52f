import { expectByHand, sh, type Breakage, type Patient } from './breakage.ts';

const TOKENS = '/usr/share/nginx/letsencrypt/.well-known/acme-challenge';
const SITE = '/etc/nginx/conf.d/http.conf';

/** What a node has, and what its web server does with it. */
export const NODE: readonly Breakage[] = [
  ...(['web3', 'web1'] as const).map((which): Breakage => ({
    what: `the location is missing on ${which}`,
    breaks: async ({ nodes, undo }) => {
      const node = nodes.find(({ name }) => name === which) ?? nodes[0];
      const before = await node.readFile(SITE);
      undo(async () => {
        await node.writeFile(SITE, before);
        await node.reloadNginx();
      });
      await node.writeFile(SITE, 'server {\n  listen 80 default_server;\n  location / { return 404; }\n}\n');
      await node.reloadNginx();
    },
    first: new RegExp(`^FAIL {2}challenges: ${which} .*\\[token-not-found\\]$`),
    byHand: async ({ nodes }, _, then) => {
      expectByHand('in each server for port 80: include snippets/certbot-ha.conf;', then);
      const node = nodes.find(({ name }) => name === which) ?? nodes[0];
      const commands = then.at(-1)?.command;
      await sh(node, `sed -i '/listen 80/a include snippets/certbot-ha.conf;' ${SITE} && ${commands}`);
    },
  })),
  {
    what: 'the agent may not write into the webroot',
    breaks: async ({ nodes: [web1] }) => await sh(web1, `chown root: ${TOKENS}`),
    first: /^FAIL {2}webroot: this node: .* not writable .*\[agent-refuses\]$/,
  },
  {
    what: 'the agent of another node may not write into the webroot',
    breaks: async ({ nodes: [, web2] }) => await sh(web2, `chmod 0555 ${TOKENS}`),
    first: /^FAIL {2}challenges: web2 .* not writable .*\[agent-refuses\]$/,
  },
  {
    what: 'a disk is full',
    breaks: async (patient) => {
      await smallDisk(patient, 'size=24m');
      await sh(patient.nodes[0], `dd if=/dev/zero of=${SMALL}/junk bs=64k 2>&1 || true`);
    },
    first: /^FAIL {2}disk: .*: 0 MiB left on its file system \[little-room\]$/,
    byHand: async ({ nodes: [web1] }, printed) => {
      const [, junk = ''] = new RegExp(`^\\d+M\\s+(${SMALL}/junk)$`, 'm').exec(printed) ?? [];
      await web1.check(['rm', '--', junk]);
    },
  },
  {
    what: 'a file system has no inodes left',
    breaks: async (patient) => {
      await smallDisk(patient, 'nr_inodes=1200,size=256m');
      await sh(
        patient.nodes[0],
        `mkdir ${SMALL}/many; cd ${SMALL}/many; seq 2000 | xargs touch 2>&1 || true`,
      );
    },
    first: /^FAIL {2}disk: .*: 0 inodes left on its file system \[few-inodes\]$/,
    byHand: async ({ nodes: [web1] }, printed) => {
      const [, many = ''] = new RegExp(`^\\d+\\s+(${SMALL}/many)$`, 'm').exec(printed) ?? [];
      await web1.check(['rm', '-r', '--', many]);
    },
  },
  {
    what: 'nginx serves an old certificate',
    breaks: async ({ lab, nodes: [web1, web2], name }) => {
      await lab.certbot(web1, ['renew', '--force-renewal', '--cert-name', name]);
      const site = `/etc/nginx/conf.d/${name}.conf`;
      const before = await web2.readFile(site);
      const number = await sh(
        web2,
        `cd /etc/letsencrypt/archive/${name} && ls cert*.pem | tr -dc '0-9\\n' | sort -n | head -1`,
      );
      const old = before.replaceAll(/live(.*?)\.pem/g, `archive$1${number.trim()}.pem`);
      await web2.writeFile(site, old);
      await web2.reloadNginx();
      await web2.writeFile(site, before);
    },
    first: /^FAIL {2}certificates: web2 .*\[older-served\]$/,
  },
];

const SMALL = '/usr/share/nginx/letsencrypt';

/** A file system of its own for the webroot of the first node. */
async function smallDisk({ nodes: [web1], undo }: Patient, options: string): Promise<void> {
  undo(async () => await sh(web1, `umount ${SMALL}; systemctl restart certbot-ha-agent`));
  const mount = `mount -t tmpfs -o mode=0755,${options} small ${SMALL}`;
  await sh(web1, `${mount}; systemd-tmpfiles --create certbot-ha.conf; systemctl restart certbot-ha-agent`);
}
