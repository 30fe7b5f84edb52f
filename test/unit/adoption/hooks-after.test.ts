import { describe, expect, test } from 'vitest';
import { hooksAfter, unreadableHooks } from '../../../lib/adoption/hooks-after.ts';
import { configOf } from '../../../lib/cluster/config.ts';

const OWN = { auth: 'certbot-ha-auth', cleanup: 'certbot-ha-cleanup', deploy: 'certbot-ha-deploy' };

interface Case {
  readonly config?: string;
  readonly isDropping?: boolean;
}

function after(params: readonly string[], { config = '', isDropping = false }: Case = {}) {
  const text = `[renewalparams]\n${params.join('\n')}\n`;
  const read = configOf('/config.yaml', `nodes: {web1: 192.0.2.11, web2: 192.0.2.12}\n${config}`);
  return hooksAfter(text, { own: OWN, config: read, lineage: 'a.test', isDropping });
}

describe('a deploy hook of a lineage’s own', () => {
  test.for([
    'systemctl reload nginx',
    '/bin/systemctl reload nginx.service',
    'systemctl --quiet reload nginx >/dev/null 2>&1',
    'sudo service nginx reload || true',
    '/etc/init.d/nginx reload',
    'nginx -s reload',
    'nginx -t && systemctl reload nginx',
    '"systemctl restart nginx"',
  ])('goes where certbot-ha does that: %s', (command) => {
    const { hooks, dropped, kept } = after([`renew_hook = ${command}`]);
    expect(hooks).toEqual(OWN);
    expect(kept).toEqual([]);
    expect(dropped).toHaveLength(1);
  });

  test.for([
    'systemctl reload postfix',
    'systemctl reload nginx postfix',
    'systemctl reload nginx && /usr/local/bin/push-certificates web2',
    'systemctl stop nginx',
    'nginx -s reload; rsync -a /etc/letsencrypt/ web2:/etc/letsencrypt/',
    'echo $(systemctl reload nginx)',
    'reload-nginx',
  ])('stays behind certbot-ha’s own where it is more: %s', (command) => {
    const { hooks, dropped, kept } = after([`deploy_hook = ${command}`]);
    expect(hooks).toEqual({ ...OWN, deploy: `certbot-ha-deploy ; ${command}` });
    expect(kept).toEqual([{ option: 'deploy-hook', command }]);
    expect(dropped).toEqual([]);
  });

  test('of another web server than certbot-ha reloads stays', () => {
    const reload = 'renew_hook = systemctl reload apache2';
    expect(after([reload]).kept).toHaveLength(1);
    expect(after([reload], { config: 'webServer: {kind: apache}' }).kept).toEqual([]);
    expect(after(['renew_hook = apachectl graceful'], { config: 'webServer: {kind: apache}' }).kept).toEqual(
      [],
    );
    expect(
      after(['renew_hook = systemctl reload nginx'], { config: 'webServer: {kind: none}' }).kept,
    ).toHaveLength(1);
  });

  test('goes where the configuration has that very command for the lineage, or for the web server', () => {
    const config =
      'certificates: {lineages: {a.test: {reload: [[systemctl, reload, postfix], [systemctl, reload, dovecot]]}}}';
    expect(after(['renew_hook = systemctl  reload dovecot'], { config }).kept).toEqual([]);
    expect(after(['renew_hook = systemctl reload nginx'], { config }).kept).toHaveLength(1);
    const own = 'webServer: {reload: [docker, exec, web, nginx, -s, reload]}';
    expect(after(['renew_hook = docker exec web nginx -s reload'], { config: own }).kept).toEqual([]);
    expect(after(['renew_hook = systemctl reload nginx'], { config: own }).kept).toHaveLength(1);
  });

  test('that is certbot-ha’s stays as it is', () => {
    const command = 'certbot-ha-deploy --config /srv/x.yaml && echo done';
    expect(after([`renew_hook = ${command}`])).toMatchObject({
      hooks: { deploy: command },
      dropped: [],
      kept: [],
    });
  });

  test('goes when it is asked for, and one of several lines stays by no means', () => {
    expect(after(['renew_hook = push'], { isDropping: true })).toMatchObject({ hooks: OWN, kept: [] });
    const lines = ['renew_hook = """push', 'all"""'];
    expect(unreadableHooks(after(lines))).toEqual([
      expect.objectContaining({ code: 'conf-invalid-value', key: 'deploy_hook' }),
    ]);
    expect(unreadableHooks(after(lines, { isDropping: true }))).toEqual([]);
  });
});

describe('hooks before and after a renewal', () => {
  test.for([
    ['systemctl stop nginx', 'systemctl start nginx'],
    ['service haproxy stop', 'service haproxy start'],
    ['/usr/local/bin/stop-nginx.sh', '/usr/local/bin/start-nginx.sh'],
    ['docker stop web', 'docker start web'],
    ['nginx -s quit', 'nginx'],
  ])('go where they would keep a challenge from being served: %s', ([pre, post]) => {
    const { without, dropped, kept } = after([`pre_hook = ${pre}`, `post_hook = ${post}`]);
    expect(without).toEqual(['pre_hook', 'post_hook']);
    expect(dropped.map(({ command }) => command)).toEqual([pre, post]);
    expect(kept).toEqual([]);
  });

  test('stay where they do something else, and a reload behind them goes', () => {
    expect(after(['pre_hook = ufw allow 80', 'post_hook = ufw deny 80'])).toMatchObject({
      without: [],
      hooks: OWN,
    });
    expect(after(['post_hook = systemctl reload nginx']).without).toEqual(['post_hook']);
    expect(after(['post_hook = systemctl start nginx']).without).toEqual([]);
    expect(after(['pre_hook = None', 'post_hook =', 'renew_hook = None'])).toMatchObject({
      ...{ hooks: OWN, without: [], dropped: [], kept: [] },
    });
  });

  test('all go when it is asked for', () => {
    const params = ['pre_hook = ufw allow 80', 'post_hook = ufw deny 80', 'renew_hook = push'];
    expect(after(params, { isDropping: true })).toMatchObject({
      ...{ hooks: OWN, without: ['pre_hook', 'post_hook'], kept: [] },
    });
  });
});
