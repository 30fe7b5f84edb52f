#!/usr/bin/env bash
# What takes too long for every change, and is run before a release: chance with more tries, the tests of other Node.js that `npm test`
# leaves out, and the end-to-end tests that are tagged long, or of which `npm test` makes some.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/node_modules/.bin:$PATH"
export CERTBOT_HA_TEST_LONG=1
scripts/setup.sh --debian
CONSOLA_LEVEL=0 npm run --silent build -- --log-level silent
vitest run --project unit test/unit/strange
vitest run --project integration test/integration/install-killed.test.ts test/integration/install-together.test.ts
# 200 agents and hooks killed in the midst of a push; 1 000 000 texts that are nearly right, other ones each time.
vitest run --project integration test/integration/agent-killed.test.ts
CERTBOT_HA_PARSER_CASES=1000000 CERTBOT_HA_PARSER_SEED=$RANDOM vitest run --project unit test/unit/strange/parsers.test.ts
env --unset=CERTBOT_HA_TEST_LONG scripts/test-node.sh 22.23.3 --project unit --tags-filter '!slow'
for version in 22.23.3 24.21.0; do
  env --unset=CERTBOT_HA_TEST_LONG scripts/test-node.sh "$version" --project unit --project integration --tags-filter 'slow && !long'
done
vitest run --project integration --tags-filter long
# The suites of the hooks, over the commands that certbot starts.
vitest run --project launchers
# Before hosts are booted, which see this machine's files.
. packaging/tools.sh
scripts/debian-packages.sh "${package_tools[@]}"
scripts/debian-packages.sh "${playbook_tools[@]}" || true
# What moves the clocks of hosts and filters packets, where it can be had.
scripts/debian-packages.sh libfaketime nftables || true
# What virtual machines boot. Where it cannot be had, test/e2e/kernel-filesystems and kernel-drbd are skipped, and fail with CI=true.
scripts/vm-system.sh >/dev/null || true
packages=test/e2e/packages.test.ts
mapfile -t long < <(grep --files-with-matches '@module-tag long' test/e2e/*.test.ts | grep -vx "$packages")
vitest run --project e2e "${long[@]}" test/e2e/endurance.test.ts test/e2e/split-brain.test.ts test/e2e/restored.test.ts
# The packages on each Debian as it is, with the Node.js that it has.
scripts/test-debians.sh --long --own "$packages"
# README.md on bare hosts of the other Debians.
scripts/test-debians.sh --long test/e2e/bare-hosts.test.ts
# DNS-01 by the name servers and the nsupdate of the other Debians.
scripts/test-debians.sh --all test/e2e/dns-01.test.ts
