// Runs on the CA's host: ask.cjs until TIMEOUT_MS PATH BODY ADDRESS…   prints, for each address, the ms until it serves the body, or null
//                        ask.cjs scan ADDRESS…                         asks each for names that nobody has written, ten times a second
const { get } = require('node:http');
const { randomBytes } = require('node:crypto');

const PREFIX = '/.well-known/acme-challenge/';
const ONE_MS = 1_000;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What a web server serves; nothing where it does not answer within a second. */
const ask = (host, name) =>
  new Promise((resolve) => {
    const request = get({ host, path: PREFIX + name, agent: false, timeout: ONE_MS }, (response) => {
      let body = '';
      response
        .on('data', (chunk) => (body += chunk))
        .on('end', () => resolve({ status: response.statusCode, body }));
      response.on('error', () => resolve({}));
    });
    request.on('timeout', () => request.destroy()).on('error', () => resolve({}));
  });

async function until(timeoutMs, name, body, addresses) {
  const startedMs = performance.now();
  const times = await Promise.all(
    addresses.map(async (address) => {
      while (performance.now() - startedMs < timeoutMs) {
        const answer = await ask(address, name);
        if (answer.status === 200 && answer.body === body) return Math.round(performance.now() - startedMs);
        await pause(5);
      }
      return null;
    }),
  );
  console.log(JSON.stringify(times));
  process.exit(0);
}

async function scan(addresses) {
  console.log('ready');
  for (;;) {
    await Promise.all([
      pause(100),
      ...addresses.map((address) => ask(address, randomBytes(16).toString('hex'))),
    ]);
  }
}

const [verb, ...rest] = process.argv.slice(2);
if (verb === 'scan') void scan(rest);
else void until(Number(rest[0]), rest[1], rest[2], rest.slice(3));
