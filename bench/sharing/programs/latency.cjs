// Runs on the first node: latency.cjs DIRECTORY ROUNDS plain|rename TIMEOUT_MS PUSH ADDRESS…
// Writes a token, then lets a shell run PUSH (if it is not empty) with the token as $1, while the others' web servers are asked
// without a pause. Prints JSON: for each round the ms until each served it whole, and how often and how long one served a part of it.
const { spawn } = require('node:child_process');
const { randomBytes } = require('node:crypto');
const { Agent, get } = require('node:http');
const { renameSync, rmSync, writeFileSync } = require('node:fs');

const [directory, rounds, how, timeoutMs, push, ...addresses] = process.argv.slice(2);
const agents = new Map(addresses.map((address) => [address, new Agent({ keepAlive: true, maxSockets: 1 })]));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const ask = (host, token) =>
  new Promise((resolve) => {
    const path = `/.well-known/acme-challenge/${token}`;
    const request = get({ host, path, agent: agents.get(host), timeout: 5_000 }, (response) => {
      let body = '';
      response
        .on('data', (chunk) => (body += chunk))
        .on('end', () => resolve({ status: response.statusCode, body }));
      response.on('error', () => resolve({ status: 0, body: '' }));
    });
    request.on('timeout', () => request.destroy()).on('error', () => resolve({ status: 0, body: '' }));
  });

/** Milliseconds from `startedMs` on until it is served whole (null: not in time), and what was served in its place. */
async function watch(address, token, body, startedMs) {
  let firstPartMs = null;
  let lastPartMs = null;
  while (performance.now() - startedMs < Number(timeoutMs)) {
    const answer = await ask(address, token);
    const nowMs = performance.now();
    if (answer.status === 200 && answer.body === body)
      return { ms: nowMs - startedMs, partMs: span(firstPartMs, nowMs) };
    if (answer.status === 200) [firstPartMs, lastPartMs] = [firstPartMs ?? nowMs, nowMs];
    await pause(0.5);
  }
  return { ms: null, partMs: span(firstPartMs, lastPartMs) };
}

const span = (from, to) => (from === null ? null : to - from);

function write(file, body) {
  if (how === 'plain') return writeFileSync(file, body);
  writeFileSync(`${file}.tmp`, body);
  renameSync(`${file}.tmp`, file);
}

function remove(file) {
  try {
    rmSync(file);
  } catch (error) {
    // smbnetfs, where a web server has it open. Nobody asks for it again.
    if (error.code !== 'EBUSY') throw error;
  }
}

void (async () => {
  const all = [];
  for (let round = 0; round < Number(rounds); round += 1) {
    const token = randomBytes(32).toString('base64url');
    const body = `${token}.${randomBytes(32).toString('base64url')}`;
    // They ask before it is there, and go on.
    for (const address of addresses) await ask(address, token);
    const startedMs = performance.now();
    const served = addresses.map((address) => watch(address, token, body, startedMs));
    await pause(5);
    const lateMs = performance.now() - startedMs;
    write(`${directory}/${token}`, body);
    if (push !== '') spawn('sh', ['-c', push, 'sh', token], { stdio: 'inherit' });
    all.push(
      (await Promise.all(served)).map(({ ms, partMs }) => ({ ms: ms === null ? null : ms - lateMs, partMs })),
    );
    remove(`${directory}/${token}`);
    await pause(50);
  }
  console.log(JSON.stringify(all));
  process.exit(0);
})();
