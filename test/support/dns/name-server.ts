import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { createServer, isIPv6, type Socket } from 'node:net';
import { decode, encode, type Answer, type Packet, type Question } from 'dns-packet';

// Name servers that are made up: on port 53 of loopback addresses, with answers that no good one gives.

/** What a server answers for the records of its zones. */
export type Manner =
  | 'well'
  | 'late'
  | 'refuses'
  | 'fails'
  | 'lame'
  | 'silent'
  | 'cuts off'
  | 'garbage'
  | 'alias'
  | 'no alias'
  | 'less';

export interface NameServer {
  readonly name: string;
  readonly address: string;
  manner: Manner;
  /** as a resolver: the name whose addresses it has no answer about (SERVFAIL) */
  unresolved: string | null;
  /** how often that has been asked for */
  askedInVain: number;
  /** how often it was asked for TXT records */
  asked: number;
  close(): Promise<void>;
}

export interface NameServersOptions {
  readonly zones: readonly string[];
  /** a line a record, `NAME VALUE`, or `NAME CNAME TARGET` */
  readonly file: string;
}

const RCODES = { fails: 2, refuses: 5 } as const;
const [AA, QR_TC] = [0x0400, 0x0200];

/** One for each address, all of them for all zones: ns1, ns2 … of the first. Each also answers as a resolver does, for SOA, NS and addresses. */
export async function startNameServers(
  addresses: readonly string[],
  options: NameServersOptions,
): Promise<readonly NameServer[]> {
  const names = addresses.map((_, index) => `ns${index + 1}.${options.zones[0]}`);
  const book = { ...options, names, addresses };
  return await Promise.all(
    names.map(async (name, index) => await startOne(name, addresses[index] ?? '', book)),
  );
}

interface Book extends NameServersOptions {
  readonly names: readonly string[];
  readonly addresses: readonly string[];
}

async function startOne(name: string, address: string, book: Book): Promise<NameServer> {
  const udp = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  const tcp = createServer((socket) => answerTcp(socket));
  const open = new Set<Socket>();
  let closing: Promise<unknown> | null = null;
  const server: NameServer = {
    ...{ name, address, manner: 'well', unresolved: null, asked: 0, askedInVain: 0 },
    close: async () => {
      for (const socket of open) socket.destroy();
      closing ??= Promise.all([
        new Promise<void>((resolve) => udp.close(() => resolve())),
        new Promise<void>((resolve) => tcp.close(() => resolve())),
      ]);
      await closing;
    },
  };
  const reply = async (message: Buffer, isTcp: boolean) => await replyTo(message, { server, book, isTcp });
  const answerUdp = async (message: Buffer, port: number, from: string) => {
    const packet = await reply(message, false);
    // It may have been closed meanwhile.
    if (packet && closing === null) udp.send(packet, port, from);
  };
  udp.on('message', (message, { port, address: from }) => {
    void answerUdp(message, port, from);
  });
  const answerTo = async (socket: Socket, message: Buffer) => {
    const packet = await reply(message, true);
    if (packet === null) return;
    socket.end(Buffer.concat([Buffer.from([packet.length >> 8, packet.length & 255]), packet]));
  };
  const answerTcp = (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      void answerTo(socket, chunk.subarray(2));
    });
  };
  await new Promise<void>((resolve, reject) => {
    udp.once('error', reject).bind(53, address, resolve);
  });
  await new Promise<void>((resolve, reject) => {
    tcp.once('error', reject).listen(53, address, resolve);
  }).catch((error: unknown) => {
    udp.close();
    throw error;
  });
  return server;
}

interface Asked {
  readonly server: NameServer;
  readonly book: Book;
  readonly isTcp: boolean;
}

async function replyTo(message: Buffer, { server, book, isTcp }: Asked): Promise<Buffer | null> {
  const query = decode(message);
  const [question] = query.questions ?? [];
  if (question === undefined) return null;
  const isTxt = question.type === 'TXT';
  if (isTxt) server.asked += 1;
  const isInVain =
    (question.type === 'A' || question.type === 'AAAA') && question.name.toLowerCase() === server.unresolved;
  if (isInVain) server.askedInVain += 1;
  const manner = isTxt ? server.manner : isInVain ? 'fails' : 'well';
  if (manner === 'silent') return null;
  if (manner === 'garbage') return Buffer.from('garbage');
  const cutOff = manner === 'cuts off' && !isTcp;
  const isRefused = manner === 'refuses' || manner === 'fails';
  const answers = isRefused || cutOff ? [] : await answersTo(question, manner, book);
  const flags = (isRefused ? RCODES[manner] : 0) | (manner === 'lame' ? 0 : AA) | (cutOff ? QR_TC : 0);
  const packet: Packet = { type: 'response', id: query.id ?? 0, flags, questions: [question], answers };
  return encode({
    ...packet,
    authorities: answers.length === 0 && !isRefused ? [soaOf(book.zones[0] ?? '')] : [],
  });
}

async function answersTo({ name, type }: Question, manner: Manner, book: Book): Promise<Answer[]> {
  const common = { name, ttl: 5 } as const;
  const lines = (await readFile(book.file, 'utf8').catch(() => ''))
    .split('\n')
    .map((line) => line.split(' '));
  const own = lines.filter(([of = '']) => of === name.toLowerCase());
  const [, , target] = own.find(([, word]) => word === 'CNAME') ?? [];
  const isLed = type === 'CNAME' || (type === 'TXT' && manner !== 'no alias');
  if (target !== undefined) return isLed ? [{ ...common, type: 'CNAME', data: target }] : [];
  const isZone = book.zones.includes(name.toLowerCase());
  if (type === 'SOA') return isZone ? [soaOf(name)] : [];
  if (type === 'NS') return isZone ? book.names.map((data) => ({ ...common, type, data })) : [];
  if (type === 'A') {
    const address = book.addresses[book.names.indexOf(name.toLowerCase())];
    return address === undefined ? [] : [{ ...common, type, data: address }];
  }
  if (type !== 'TXT') return [];
  if (manner === 'alias') return [{ ...common, type: 'CNAME', data: 'elsewhere.test' }];
  const values = own.flatMap(([, value]) => value ?? []);
  const shown = manner === 'late' ? [] : manner === 'less' ? values.slice(1) : values;
  return shown.map((data) => ({ ...common, type, data }));
}

function soaOf(zone: string): Answer {
  const data = {
    ...{ mname: `ns1.${zone}`, rname: `root.${zone}`, serial: 7 },
    ...{ refresh: 3600, retry: 600, expire: 86_400, minimum: 5 },
  };
  return { name: zone, type: 'SOA', ttl: 5, data };
}
