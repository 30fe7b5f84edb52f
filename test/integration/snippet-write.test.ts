// @module-tag slow
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CLI } from '../support/cluster/command-line.ts';
import { inNamespace } from '../support/programs/namespace.ts';
import { expect, test } from '../support/temporary.ts';

// `snippet --write` with the real programs in Debian's layout: on copies of their directories, and a network of their own.

/** Prepares mounts and network, and the agents of two nodes, and ends with all that it has started. */
const HOST = `set -eu
here=$1 cli=$2 name=$3
cp -a "/etc/$name" "$here/$name" && mount --bind "$here/$name" "/etc/$name"
mount -t tmpfs none /run && mount -t tmpfs none /var/log && mkdir "/var/log/$name"
ip link set lo up
for node in acme peer; do mkdir -p "$here/$node/.well-known/acme-challenge"; done
echo response >"$here/acme/.well-known/acme-challenge/token"
chmod 755 "$here"
put() { "$NODE" "$cli" snippet "$@" --write; }
init() { "$NODE" "$cli" --config "$here/new.yaml" init --dry-run --node web1=127.0.0.1 --node web2=127.0.0.2 --vip none 2>/dev/null; }
printf %s "$TOKEN.$TOKEN" >"$here/peer/.well-known/acme-challenge/$TOKEN"
agent() { CERTBOT_HA_NODE=$1 "$NODE" "$cli" agent & until curl -fs "http://$2:9481/readyz"; do sleep 0.1; done >/dev/null; }
status() { curl -s -o "$here/body" -w '%{http_code} ' -m 2 "http://127.0.0.1/.well-known/acme-challenge/$1"; }
looked() { exec 3>&1 >/dev/null
  agent web1 127.0.0.1; first=$!; agent web2 127.0.0.2
  exec >&3 3>&-; status "$TOKEN"; grep -o "[^.]*$" "$here/body"; status "x$TOKEN"; kill $first; wait $first; status "y$TOKEN"; echo; }
fetched() { for try in 1 2 3 4 5 6 7 8 9 10; do
  curl -fs http://127.0.0.1/.well-known/acme-challenge/token && return; sleep 0.1
done; }
`;

/** Each has started the web server as the distribution has it, and then, where a line of the operator's has to be there, the line. */
const SERVERS = {
  nginx: `rm -f /etc/nginx/sites-enabled/*; mkdir -p /etc/nginx/snippets
site() { echo "server { listen 80; location / { return 404; } $1 }" >/etc/nginx/conf.d/site.conf; }
site ''; nginx
site 'include snippets/certbot-ha.conf;'
put nginx; put nginx; fetched; init; looked`,
  apache2: `echo 'ServerName a.test' >/etc/apache2/conf-enabled/name.conf
mkdir /run/lock && apachectl start
put apache; put apache; fetched; init; a2enmod -q rewrite proxy_http; apachectl restart; looked`,
  haproxy: `cp -a /etc/nginx "$here/nginx" && mount --bind "$here/nginx" /etc/nginx && mkdir /var/log/nginx
rm -f /etc/nginx/sites-enabled/*
"$NODE" "$cli" snippet haproxy >"$here/part"
sed -n '/^# .etc.nginx/,$p' "$here/part" >/etc/nginx/conf.d/certbot-ha.conf
{ printf 'defaults\\n    timeout client 5s\\nfrontend web\\n    mode http\\n    bind :80\\n'; sed '/^# .etc.nginx/,$d' "$here/part"; } >/etc/haproxy/haproxy.cfg
haproxy -c -q -f /etc/haproxy/haproxy.cfg
nginx; haproxy -D -f /etc/haproxy/haproxy.cfg
fetched; looked; nginx -s stop; sleep 0.2; status "z$TOKEN"`,
  caddy: `export XDG_DATA_HOME="$here/data" XDG_CONFIG_HOME="$here/config"
printf 'http:// {\\n\\trespond 404\\n}\\n' >/etc/caddy/Caddyfile
caddy start --config /etc/caddy/Caddyfile >/dev/null 2>&1
printf 'http:// {\\n\\timport certbot-ha.caddy\\n\\trespond 404\\n}\\n' >/etc/caddy/Caddyfile
put caddy; put caddy; fetched; init; looked`,
} as const;

const FILES = {
  nginx: '/etc/nginx/snippets/certbot-ha.conf',
  apache2: '/etc/apache2/conf-available/certbot-ha.conf',
  caddy: '/etc/caddy/certbot-ha.caddy',
} as const;

/** Of the peer, in whose webroot alone it lies. */
const TOKEN = 'token-of-a-peer-'.repeat(3).slice(0, 43);

/** What the script of a web server prints, without what is to be done by hand. */
async function linesOf(name: keyof typeof SERVERS, directory: string, skip: (why: string) => never) {
  const config = join(directory, 'config.yaml');
  const keyFile = join(directory, 'key');
  await writeFile(keyFile, `${'5a'.repeat(32)}\n`, { mode: 0o640 });
  await writeFile(
    config,
    JSON.stringify({
      nodes: {
        web1: '127.0.0.1',
        web2: { address: '127.0.0.2', adminListen: '127.0.0.2:9481', webroot: join(directory, 'peer') },
      },
      webroot: join(directory, 'acme'),
      stateDir: directory,
      agent: { keyFile },
    }),
  );
  const env = {
    PATH: `${process.env['PATH']}:/usr/sbin:/sbin`,
    ...{ TOKEN, NODE: process.execPath, CERTBOT_HA_CONFIG: config, CERTBOT_HA_NODE: 'web1' },
  };
  const script = `exec unshare --net --pid --fork --mount-proc --kill-child sh -c "$0" sh "$@"`;
  const argv = [`${HOST}${SERVERS[name]}`, directory, CLI, name];
  const { code, stdout, stderr } = await inNamespace(script, argv, env, skip);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.split('\n').filter((line) => !/^(?:linked|to use it)/.test(line));
}

test.for(['nginx', 'apache2', 'caddy'] as const)(
  '%s takes its part, twice, and serves challenges; init finds both',
  async (name, { directory, skip }) => {
    if (!existsSync(`/etc/${name}`)) return skip(`${name} is not installed`);
    const lines = await linesOf(name, directory, skip);
    const tested = 'tested, and reloaded if it runs';
    expect(lines.slice(0, 5)).toEqual([
      ...[`written: ${FILES[name]}`, tested, `already there: ${FILES[name]}`, tested, 'response'],
    ]);
    expect(lines).toContain(`    kind: ${name === 'apache2' ? 'apache' : name}`);
    expect(lines).toContain(`  webroot: ${join(directory, 'acme')}`);
    // From the peer; what no node has; and without the agent, which only nginx can tell as 404.
    const withoutAgent = { nginx: 404, apache2: 503, caddy: 502 }[name];
    expect(lines.slice(-3)).toEqual([`200 ${TOKEN}`, `404 ${withoutAgent} `, '']);
  },
);

test('haproxy hands challenges to nginx, by what is printed, and waits for nobody that is away', async ({
  directory,
  skip,
}) => {
  if (!existsSync('/etc/haproxy') || !existsSync('/etc/nginx')) return skip('haproxy is not installed');
  // The webroot's; the peer's; what no node has; without the agent; and without nginx.
  expect(await linesOf('haproxy', directory, skip)).toEqual(['response', `200 ${TOKEN}`, '404 404 ', '503 ']);
});
