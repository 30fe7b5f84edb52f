import { commandIf, CONFIGURED, sh, type Breakage } from './breakage.ts';

const CLI_INI = '/etc/letsencrypt/cli.ini';
const HOOKS = '/etc/letsencrypt/renewal-hooks/deploy';

/** What renews, and by what. */
export const RENEWAL: readonly Breakage[] = [
  {
    what: 'the timer is off',
    breaks: async ({ nodes: [web1] }) => await sh(web1, 'systemctl disable --now certbot.timer'),
    first: /^FAIL {2}renewal: .*\[nobody-renews\]$/,
  },
  {
    what: 'a timer and a job of cron renew',
    breaks: async ({ nodes: [web1], undo }) => {
      undo(async () => await web1.run(['rm', '-f', '/etc/cron.d/own', '/root/cron.d-own']));
      await web1.writeFile('/etc/cron.d/own', '0 1 * * * root certbot renew\n');
    },
    first: /^FAIL {2}renewal: .*: certbot\.timer, \/etc\/cron\.d\/own \[several-renewers\]$/,
  },
  {
    what: 'the timer asks nobody',
    breaks: async ({ nodes: [web1], undo }) => {
      const dropIn = '/etc/systemd/system/certbot.service.d/certbot-ha.conf';
      const before = await web1.readFile(dropIn);
      undo(async () => {
        await web1.writeFile(dropIn, before);
        await sh(web1, 'systemctl daemon-reload');
      });
      await sh(web1, `rm ${dropIn}; systemctl daemon-reload`);
    },
    first: /^FAIL {2}renewal: certbot\.service .*\[condition-missing\]$/,
  },
  {
    what: 'a lineage is renewed by hand',
    breaks: async ({ nodes: [web1], name }) =>
      await sh(web1, `sed -i /_hook/d /etc/letsencrypt/renewal/${name}.conf`),
    first: /^FAIL {2}lineages: .*\[lineage-not-renewed\]$/,
  },
  {
    what: 'a lineage has lost its configuration',
    breaks: async ({ nodes: [web1], name }) => {
      // What has no configuration is not recorded any more after that.
      await sh(web1, `rm /etc/letsencrypt/renewal/${name}.conf; certbot-ha sync`);
      await sh(web1, `certbot-ha status | grep '${name}: .*\\[lineage-not-renewed\\]'`);
    },
    first: /^FAIL {2}lineages: .*\[lineage-not-renewed\]$/,
    byHand: async ({ nodes: [web1] }, printed, then) => {
      if (!printed.includes('manual_auth_hook')) throw new Error(printed);
      await sh(web1, commandIf('if all paths and hooks in it are right for this node', then));
    },
  },
  {
    what: 'cli.ini contradicts the lineages',
    breaks: async ({ nodes: [web1] }) => await sh(web1, `echo authenticator = nginx >>${CLI_INI}`),
    first: /^FAIL {2}cli\.ini: .*authenticator = nginx: .*\[cli-ini-overrides\]$/,
  },
  {
    what: 'cli.ini runs a hook of its own',
    breaks: async ({ nodes: [web1], undo }) => {
      undo(async () => await web1.run(['rm', '-f', `${HOOKS}/from-cli-ini`]));
      await web1.writeFile(CLI_INI, "deploy-hook = touch '/root/a file'\n");
    },
    first: /^FAIL {2}cli\.ini: .*deploy-hook = .*\[cli-ini-overrides\]$/,
    byHand: async ({ nodes: [web1] }) => {
      await sh(web1, `${HOOKS}/from-cli-ini && rm '/root/a file'`);
    },
  },
  {
    what: 'the agent works by the configuration of before',
    breaks: async ({ lab, nodes: [web1, ...others], undo }) => {
      undo(async () => await lab.configure(CONFIGURED(lab)));
      const changed = lab.defaultConfig({ gate: { timeout: 6 } });
      await lab.configure(changed, { nodes: [web1], restartAgents: false });
      await lab.configure(changed, { nodes: others });
    },
    first: /^FAIL {2}same configuration: web1 .*\[configuration-not-loaded\]$/,
  },
  {
    what: 'the agent of another node works by the configuration of before',
    breaks: async ({ lab, nodes: [web1, web2, web3], undo }) => {
      undo(async () => await lab.configure(CONFIGURED(lab)));
      const changed = lab.defaultConfig({ gate: { timeout: 6 } });
      await lab.configure(changed, { nodes: [web2], restartAgents: false });
      await lab.configure(changed, { nodes: [web1, web3] });
    },
    first: /^FAIL {2}same configuration: web2 .*\[configuration-differs\]$/,
    byHand: async ({ nodes: [, web2] }) => {
      const copies = await web2.run(['sh', '-c', 'ls /etc/certbot-ha/config.yaml.before*']);
      if (copies.code === 0) throw new Error(`copied: ${copies.stdout}`);
    },
  },
  {
    what: 'a node has the configuration of before',
    breaks: async ({ lab, nodes: [, web2] }) =>
      await lab.configure(lab.defaultConfig({ gate: { timeout: 7 } }), { nodes: [web2] }),
    first: /^FAIL {2}same configuration: web2 .*\[configuration-differs\]$/,
  },
];
