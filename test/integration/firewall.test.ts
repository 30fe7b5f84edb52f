// @module-tag slow
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CLI } from '../support/cluster/command-line.ts';
import { run } from '../support/programs/program.ts';
import { CLONE } from '../lab/dist.ts';
import { expect, test } from '../support/temporary.ts';

/** Debian's own, with a chain that drops; and one that is not for the agent's port. */
const RULESET = `#!/usr/sbin/nft -f
flush ruleset
table inet filter {
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
  }
}
table ip bans {
  chain input {
    type filter hook input priority -1; policy accept;
    ip saddr 127.0.0.66 reject
  }
}
`;

/** In a network and an /etc of their own. Each line of the output is a word and what came of it. */
const SCRIPT = `
set -eu
cd "$1"
mkdir bin
# There is no manager of units in here: what it would tell of the unit.
cat >bin/systemctl <<'END'
#!/bin/sh
grep ^ExecStart= /lib/systemd/system/nftables.service | sed 's|=\\(.*\\)|={ path=/usr/sbin/nft ; argv[]=\\1 ; ignore_errors=no ; }|'
echo "UnitFileState=$(/usr/bin/systemctl is-enabled nftables)"
END
printf '#!/bin/sh\\nexit 252\\n' >bin/firewall-cmd
chmod 755 bin/systemctl bin/firewall-cmd
say() { printf '%s: %s\\n' "$1" "$2"; }
mount -t tmpfs none /mnt
mkdir /mnt/upper /mnt/work
mount -t overlay none -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work /etc
ip link set lo up
cp ruleset /etc/nftables.conf
chmod 755 /etc/nftables.conf
systemctl enable --quiet nftables
nft -f /etc/nftables.conf
: >server
"$2" -e 'require("http").createServer((_, answer) => answer.end("agent")).listen(9480, "127.0.0.11", () => console.log("listens"))' >server &
server=$!
trap 'kill $server' EXIT
until grep -q listens server; do sleep 0.05; done
from() { say "from $1" "$(curl --silent --connect-timeout "$2" --interface "$1" http://127.0.0.11:9480/ || true)"; }
put() { echo "== $1"; PATH="$PWD/bin:$PATH" "$2" "$3" --config "$1" snippet firewall --write; }

from 127.0.0.12 0.3
put two.yaml "$2" "$3"
from 127.0.0.12 5
from 127.0.0.99 0.3
nft --stateless --handle list ruleset >first
put two.yaml "$2" "$3"
nft --stateless --handle list ruleset >second
cmp first second && say 'second run' 'nothing changed'
nft -f /etc/nftables.conf
say loaded "$(nft list chain inet filter input | grep certbot-ha)"
put three.yaml "$2" "$3"
from 127.0.0.12 0.3
from 127.0.0.13 5
nft -f /etc/nftables.conf
from 127.0.0.13 5
say bans "$(nft list table ip bans | grep -c certbot-ha || true)"
say includes "$(grep -c certbot-ha /etc/nftables.conf)"
say mode "$(stat -c %a /etc/nftables.conf)"
say copies "$(ls /etc/nftables.conf.before-* | wc -l)"
PATH="$PWD/bin:$PATH" "$2" "$3" --config three.yaml uninstall --dry-run | sed -n 's/^left, to take it away: \\(nft .*\\)/\\1/p' >left
# What has the handles now is not what had them.
nft -f /etc/nftables.conf
nft insert rule inet filter input tcp dport 22 accept
nft --stateless list ruleset | grep -v certbot-ha >others
sh left
nft --stateless list ruleset | cmp - others && say left 'ours alone were taken away'
sh left
nft --stateless list ruleset | cmp - others && say left 'nothing was taken away'
nft -f /etc/nftables.conf
put one.yaml "$2" "$3"
from 127.0.0.13 0.3
nft -f /etc/nftables.conf
from 127.0.0.13 0.3
say ours "$(nft list ruleset | grep -c certbot-ha || true)"
put one.yaml "$2" "$3"
`;

test('the rules let the peers, and nobody else, through a chain that drops; also after a reload', async ({
  directory,
  skip,
}) => {
  const isPossible = spawnSync('unshare', ['-n', '-m', 'true']).status === 0;
  if (!isPossible) skip('a network of one’s own cannot be had here (unshare -n needs root)');
  const had = await run(['scripts/debian-packages.sh', '--required', 'nftables'], { cwd: CLONE });
  if (had.code !== 0) skip('nftables is not installed');
  await writeFile(join(directory, 'ruleset'), RULESET);
  const self = 'web1: 127.0.0.11';
  await writeFile(
    join(directory, 'two.yaml'),
    `self: web1\nnodes: {${self}, web2: 127.0.0.12, web3: '::2'}\n`,
  );
  await writeFile(join(directory, 'three.yaml'), `self: web1\nnodes: {${self}, web2: 127.0.0.13}\n`);
  await writeFile(join(directory, 'one.yaml'), `self: web1\nnodes: {${self}}\n`);

  const argv = ['unshare', '-n', '-m', 'sh', '-c', SCRIPT, 'sh', directory, process.execPath, CLI];
  const { code, stdout, stderr } = await run(argv);

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [start = '', first = '', second = '', third = '', fourth = '', fifth = ''] =
    stdout.split(/^== .*\n/m);
  expect(start).toBe('from 127.0.0.12: \n');
  expect(first).toContain('put first into inet filter input: ip saddr { 127.0.0.12 } tcp dport 9480 accept');
  expect(first).toContain('kept: nftables.service loads it with /etc/nftables.conf\n');
  expect(first).toContain('from 127.0.0.12: agent\nfrom 127.0.0.99: \n');
  expect(second).toContain(
    'already there: inet filter input\nalready there: /etc/nftables.d/certbot-ha.nft\n',
  );
  expect(second).toContain('second run: nothing changed\n');
  expect(second).toMatch(
    /^loaded: .*ip6 saddr ::2 tcp dport 9480 accept .*\n.*ip saddr 127\.0\.0\.12 tcp dport 9480 accept /m,
  );
  expect(third).toContain('taken out of inet filter input: 2 of our rules, which were out of date\n');
  expect(third).toContain(
    'from 127.0.0.12: \nfrom 127.0.0.13: agent\nfrom 127.0.0.13: agent\nbans: 0\nincludes: 1\nmode: 755\ncopies: 1\n',
  );
  expect(third).toContain('left: ours alone were taken away\nleft: nothing was taken away\n');
  expect(fourth).toContain('removed: /etc/nftables.d/certbot-ha.nft\n');
  expect(fourth).toContain('from 127.0.0.13: \nfrom 127.0.0.13: \nours: 0\n');
  expect(fifth).toBe(
    'there is no other node: there is no port to open for them\nnftables: no rule has the comment certbot-ha: nothing was changed\n',
  );
});
