import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { connect } from 'node:net';
import { decode, encode, streamEncode, type DecodedPacket, type Packet } from 'dns-packet';
import { pause } from '../system/pause.ts';
import { isIpv6 } from './address.ts';

/** What a name server is asked. */
export interface DnsQuestion {
  readonly name: string;
  readonly type: 'TXT' | 'SOA';
}

/** What it answers (RFC 1035, section 4.1). */
export interface DnsReply {
  /** `NOERROR`, `NXDOMAIN`, `REFUSED`, `SERVFAIL` … */
  readonly rcode: string;
  /** it answers for the zone itself, and not from a cache */
  readonly isAuthoritative: boolean;
  readonly answers: NonNullable<DecodedPacket['answers']>;
  readonly authorities: NonNullable<DecodedPacket['authorities']>;
}

export interface QueryOptions {
  readonly signal: AbortSignal;
  /** default 53 */
  readonly port?: number;
  /** called when a packet has come from there */
  readonly onContact?: (() => void) | undefined;
}

const PORT = 53;
/** A datagram may be lost, and is sent once more. Milliseconds until then, and until nothing more is awaited. */
const UDP_WAITS_MS = [1_000, 2_000] as const;
/** Of a query by UDP, in seconds. */
export const UDP_TIMEOUT_S = 3;
const TCP_TIMEOUT_MS = 5_000;
const MAX_TCP_BYTES = 2 + 65_535;

/** An answer by UDP did not have room for all, and TCP failed. */
export class TcpFailed extends Error {}

/**
 * Asks one address of a name server itself, without recursion: what a cache knows does not count. By UDP, and by TCP where the
 * answer is too long for that (RFC 7766).
 * @throws {Error} the system's, `ETIMEDOUT` for no answer, `EBADRESP` for one that is no DNS; {TcpFailed} with such a cause
 */
export async function askNameServer(
  address: string,
  question: DnsQuestion,
  options: QueryOptions,
): Promise<DnsReply> {
  const byUdp = await askByUdp(address, question, options);
  if (!byUdp.flag_tc) return replyOf(byUdp);
  try {
    return replyOf(await askByTcp(address, question, options));
  } catch (error) {
    throw new TcpFailed('TCP failed', { cause: error });
  }
}

/** Its types do not know of the code. */
function replyOf(packet: DecodedPacket & { readonly rcode?: string }): DnsReply {
  const { rcode = '', flag_aa: isAuthoritative, answers = [], authorities = [] } = packet;
  return { rcode, isAuthoritative, answers, authorities };
}

function queryOf({ name, type }: DnsQuestion): Packet & { readonly id: number } {
  return { type: 'query', id: randomInt(65_536), flags: 0, questions: [{ name, type }] };
}

/** Whether it is the answer to that query, and not to an earlier one or anybody's. */
function answersTo(packet: DecodedPacket, query: Packet): boolean {
  const [asked] = packet.questions ?? [];
  const [wanted] = query.questions ?? [];
  return (
    packet.type === 'response' &&
    packet.id === query.id &&
    // A server that does not understand a query may leave the question out.
    (asked === undefined ||
      (asked.name.toLowerCase() === wanted?.name.toLowerCase() && asked.type === wanted.type))
  );
}

async function askByUdp(
  address: string,
  question: DnsQuestion,
  { signal, port = PORT, onContact }: QueryOptions,
): Promise<DecodedPacket> {
  signal.throwIfAborted();
  const query = queryOf(question);
  const socket = createSocket(isIpv6(address) ? 'udp6' : 'udp4');
  const done = new AbortController();
  try {
    return await new Promise<DecodedPacket>((resolve, reject) => {
      const onAbort = () => reject(signal.reason as Error);
      signal.addEventListener('abort', onAbort, { once: true, signal: done.signal });
      socket.on('error', reject);
      socket.on('message', (message) => {
        onContact?.();
        const answer = decoded(message);
        if (answer === null) reject(systemError('EBADRESP'));
        else if (answersTo(answer, query)) resolve(answer);
      });
      // Connected, it hears nobody else, and is told that nobody listens there.
      socket.connect(port, address, (...[error]: readonly unknown[]) => {
        if (error instanceof Error) reject(error);
        else
          void sendTwice(socket, encode(query), done.signal).then(
            () => reject(systemError('ETIMEDOUT')),
            reject,
          );
      });
    });
  } finally {
    done.abort();
    socket.close();
  }
}

/** Resolves when no answer is awaited any more. */
async function sendTwice(socket: Socket, packet: Buffer, over: AbortSignal): Promise<void> {
  for (const waitMs of UDP_WAITS_MS) {
    if (over.aborted) return;
    await new Promise<void>((resolve, reject) => {
      socket.send(packet, (error) => (error ? reject(error) : resolve()));
    });
    await pause(waitMs, over);
  }
}

async function askByTcp(
  address: string,
  question: DnsQuestion,
  { signal, port = PORT }: QueryOptions,
): Promise<DecodedPacket> {
  const query = queryOf(question);
  const socket = connect({ host: address, port, signal });
  socket.setTimeout(TCP_TIMEOUT_MS, () => socket.destroy(systemError('ETIMEDOUT')));
  socket.write(streamEncode(query));
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    const all = Buffer.concat(chunks);
    if (length >= 2 && length >= 2 + all.readUInt16BE(0)) {
      const answer = decoded(all.subarray(2));
      if (answer !== null && answersTo(answer, query)) return answer;
      throw systemError('EBADRESP');
    }
    if (length > MAX_TCP_BYTES) break;
  }
  throw systemError('ECONNRESET');
}

/** Null for what is no DNS. */
function decoded(packet: Buffer): DecodedPacket | null {
  try {
    return decode(packet);
  } catch {
    return null;
  }
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** Whether this host has a way to an address at all: without IPv6 there is none to most name servers' second one. */
export async function hasRouteTo(address: string): Promise<boolean> {
  const socket = createSocket(isIpv6(address) ? 'udp6' : 'udp4');
  try {
    return await new Promise<boolean>((resolve) => {
      socket.on('error', () => resolve(false));
      // Sends nothing.
      socket.connect(PORT, address, (...[error]: readonly unknown[]) => resolve(!(error instanceof Error)));
    });
  } finally {
    socket.close();
  }
}
