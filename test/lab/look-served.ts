import { NODE } from './booted/system.ts';
import type { Lab } from './lab.ts';

/** Where to look, and how often. */
export interface Look {
  readonly name: string;
  readonly addresses: readonly string[];
  /** milliseconds between two looks, until the program is ended; default: one look */
  readonly pauseMs?: number;
}

/** Prints a line a look: what these addresses show at the same moment to who asks for a name. */
const PROGRAM = `const { isIP } = require('node:net');
const { connect } = require('node:tls');
const [port, name, pauseMs, ...addresses] = process.argv.slice(1);
const servername = isIP(name) ? {} : { servername: name };
const look = (host) => new Promise((resolve) => {
  const socket = connect({ host, port, ...servername, rejectUnauthorized: false });
  const timer = setTimeout(() => end(null), 5000);
  const end = (serial) => { clearTimeout(timer); socket.destroy(); resolve(serial); };
  socket.on('error', () => end(null));
  socket.on('close', () => end(null));
  socket.on('secureConnect', () => end(socket.getPeerCertificate().serialNumber ?? null));
});
const lookOn = () => void Promise.all(addresses.map(look)).then((seen) => {
  console.log(JSON.stringify(seen));
  if (pauseMs !== '') setTimeout(lookOn, Number(pauseMs));
});
lookOn();`;

/**
 * The program for the CA's host that looks at what the nodes serve, as a client outside the cluster. One for all of them: a
 * test looks often, and two cores have three labs to keep going.
 */
export function lookServed(lab: Lab, { name, addresses, pauseMs }: Look): readonly string[] {
  const node = lab.kind === 'booted' ? NODE : process.execPath;
  return [node, '-e', PROGRAM, String(lab.ports.https), name, String(pauseMs ?? ''), ...addresses];
}

/** What a line of it says: serial numbers in hexadecimal, as they are in the certificates; null where nothing is shown within 5 s. */
export function serialsIn(line: string): readonly (string | null)[] {
  return JSON.parse(line) as readonly (string | null)[];
}
