/**
 * Runs inside the first host: writes a token aside and renames it, starts a command if there is one, and asks each peer's web
 * server over a kept connection until it serves the token. Prints, for each peer, the milliseconds of each round, and how many
 * rounds were left out. Where a port is given, a round begins when the program that listens there, the agent, has no connection to
 * that port of others: what it has is ended, and after the pause none may be there. Those of other programs, such as a survey's, are not its.
 */
export const PROGRAM = `
const { renameSync, rmSync, writeFileSync } = require('node:fs');
const { execFileSync, spawn } = require('node:child_process');
const { randomBytes } = require('node:crypto');
const { Agent, get } = require('node:http');
const [directory, peers, rounds, pauseMs, port, ...argv] = process.argv.slice(1);
const aside = directory + '/.aside';
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const agents = new Map(peers.split(',').map((peer) => [peer, new Agent({ keepAlive: true, maxSockets: 1 })]));
const ask = (peer, token) => new Promise((resolve) => {
  get({ host: peer, path: '/.well-known/acme-challenge/' + token, agent: agents.get(peer) }, (answer) => {
    answer.resume().on('end', () => resolve(answer.statusCode));
  }).on('error', () => resolve(0));
});
const until = async (peer, token, status) => {
  for (const startMs = performance.now(); (await ask(peer, token)) !== status; await pause(0.5))
    if (performance.now() - startMs > 30000) throw new Error(peer + ': not within 30 s');
  return performance.now();
};
const ss = (...given) => execFileSync('ss', ['-Htnp', ...given], { encoding: 'utf8' }).split('\\n');
const pidsIn = (line) => [...line.matchAll(/pid=(\\d+)/g)].map(([, pid]) => pid);
/** Each by its port on this side; null where nobody listens. systemd has an agent's socket as well. */
const keptByAgent = () => {
  const listening = ss('-l', 'sport', '=', ':' + port).flatMap(pidsIn).filter((pid) => pid !== '1');
  if (listening.length === 0) return null;
  const connected = ss('state', 'established', 'state', 'syn-sent', 'dport', '=', ':' + port);
  return connected
    .filter((line) => pidsIn(line).some((pid) => listening.includes(pid)))
    .map((line) => /:(\\d+) +\\S+:\\d+ /.exec(line)?.[1]);
};
const isCold = async () => {
  for (let count = 0; count < 5; count += 1) {
    await pause(300); // what is on its way ends by itself
    for (const from of keptByAgent() ?? []) ss('-K', 'sport', '=', ':' + from, 'dport', '=', ':' + port);
    await pause(Number(pauseMs));
    if (keptByAgent()?.length === 0) return true;
  }
  return false;
};
(async () => {
  const times = Object.fromEntries([...agents.keys()].map((peer) => [peer, []]));
  let leftOut = 0;
  for (let round = 0; round < Number(rounds); round += 1) {
    const token = randomBytes(32).toString('base64url');
    const file = directory + '/' + token;
    for (const peer of agents.keys()) await ask(peer, token);
    writeFileSync(aside, token + '.' + randomBytes(32).toString('base64url'));
    if (port !== '0' && !(await isCold())) {
      leftOut += 1;
      continue;
    }
    const startedMs = performance.now();
    renameSync(aside, file);
    if (argv.length > 0) spawn('sh', ['-c', argv[0], 'sh', token], { stdio: 'inherit' });
    const served = [...agents.keys()].map(async (peer) => times[peer].push((await until(peer, token, 200)) - startedMs));
    await Promise.all(served);
    rmSync(file);
    if (argv.length > 0) spawn('sh', ['-c', argv[1], 'sh', token], { stdio: 'inherit' });
    await Promise.all([...agents.keys()].map((peer) => until(peer, token, 404)));
    if (port === '0') await pause(Number(pauseMs));
  }
  rmSync(aside, { force: true });
  console.log(JSON.stringify({ times: Object.values(times), leftOut }));
  process.exit(0);
})();
`;
