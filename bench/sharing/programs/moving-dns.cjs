// Runs on the CA's host as its resolver: moving-dns.cjs PORT NODE,… VIP,…
// A name `….lN.example.test` has the Nth VIP's address. The first question about a name moves that VIP to the next node, and is
// answered when it has moved: so between the response being written and the CA asking for it. Prints `held N NODE` each time.
const { execFile } = require('node:child_process');
const dgram = require('node:dgram');
const { symlinkSync } = require('node:fs');

const [port, nodes, vips] = process.argv.slice(2).map((value) => value.split(','));
const TIMEOUT_MS = 10_000;
const holders = vips.map((_, lane) => lane % nodes.length);
const moves = new Map();

const ip = (...args) =>
  new Promise((resolve, reject) =>
    execFile('ip', args, { timeout: TIMEOUT_MS }, (error, _, stderr) =>
      error ? reject(new Error(`ip ${args.join(' ')}: ${stderr || error.message}`)) : resolve(),
    ),
  );

async function hold(lane, to) {
  await ip('-n', nodes[to], 'address', 'add', `${vips[lane]}/32`, 'dev', 'eth0');
  // What gratuitous ARP does in the field.
  const others = nodes.filter((_, node) => node !== to);
  await Promise.all([
    ip('neigh', 'flush', 'to', vips[lane]),
    ...others.map((node) => ip('-n', node, 'neigh', 'flush', 'to', vips[lane])),
  ]);
  holders[lane] = to;
  console.log(`held ${lane} ${nodes[to]}`);
}

async function move(lane) {
  const from = holders[lane];
  await ip('-n', nodes[from], 'address', 'del', `${vips[lane]}/32`, 'dev', 'eth0');
  await hold(lane, (from + 1) % nodes.length);
}

/** The name, lower case, and where the question ends. */
function questionOf(message) {
  const labels = [];
  let at = 12;
  for (; message[at] !== 0; at += message[at] + 1)
    labels.push(message.toString('latin1', at + 1, at + 1 + message[at]));
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 };
}

const A = 1;
function answer(message, { type, end }, vip) {
  const head = Buffer.from(message.subarray(0, end));
  head.writeUInt16BE(0x8580, 2);
  head.writeUInt16BE(type === A ? 1 : 0, 6);
  head.writeUInt32BE(0, 8);
  if (type !== A) return head;
  const record = Buffer.from([0xc0, 12, 0, A, 0, 1, 0, 0, 0, 0, 0, 4, ...vip.split('.').map(Number)]);
  return Buffer.concat([head, record]);
}

const socket = dgram.createSocket('udp4', async (message, from) => {
  const question = questionOf(message);
  const lane = Number(/\.l(\d+)\./.exec(question.name)?.[1]);
  if (vips[lane] === undefined) return;
  if (!moves.has(question.name)) moves.set(question.name, move(lane));
  await moves.get(question.name);
  socket.send(answer(message, question, vips[lane]), from.port, from.address);
});

void (async () => {
  symlinkSync('/proc/1/root/run/netns', '/run/netns');
  await Promise.all(vips.map((_, lane) => hold(lane, holders[lane])));
  socket.bind(Number(port), '127.0.0.1', () => console.log('ready'));
})();
