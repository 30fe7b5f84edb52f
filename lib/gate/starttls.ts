import { connect, type Socket } from 'node:net';
import type { Starttls } from '../cluster/service.ts';
import { proxyHeader } from '../net/proxy-protocol.ts';
import { lookupUnder } from '../net/socket-lookup.ts';
import {
  CONNECT_TIMEOUT_MS,
  CUT_OFF,
  explain,
  unanswered,
  type Endpoint,
  type Handshake,
} from './handshake.ts';
import { networkFinding } from '../net/network-error.ts';
import { createReceived } from './received.ts';
import { DIALOGUES, type InClear } from './starttls-dialogues.ts';

export { GOODBYES } from './starttls-dialogues.ts';

/** Postfix's postscreen lets a stranger wait 6 s for the end of its greeting, and a mail server may look its client's name up before. */
const DIALOGUE_TIMEOUT_MS = 15_000;
/** More than any greeting, and what is not one ends early. */
const MAX_BYTES = 16_384;

/** The dialogue cannot go on, for a reason that is an answer. */
class Over extends Error {
  readonly handshake: Handshake;
  constructor(handshake: Handshake) {
    super('the dialogue is over');
    this.handshake = handshake;
  }
}

type ClearEndpoint = Endpoint & { readonly starttls: Starttls };

/**
 * Connects, and asks in the clear for TLS as the protocol has it.
 * @returns the connection on which TLS may begin, or what was seen in its place; rejects for a bug only
 */
export async function askForTls(endpoint: ClearEndpoint, signal: AbortSignal): Promise<Socket | Handshake> {
  const { address, port, isBehindProxy, starttls } = endpoint;
  const socket = connect({ host: address, port, lookup: lookupUnder(signal, CONNECT_TIMEOUT_MS).lookup });
  const clear = inClear(socket, endpoint, signal);
  try {
    await clear.connected;
    if (isBehindProxy) socket.write(proxyHeader(socket));
    const { verdict, answer } = await DIALOGUES[starttls](clear);
    if (verdict === 'agreed') {
      clear.letGo();
      return socket;
    }
    socket.destroy();
    if (verdict === 'turned-away') {
      const turnedAway = {
        code: 'turned-away',
        port,
        protocol: starttls,
        answer: answer.slice(0, 200),
      } as const;
      return { kind: 'unknown', reason: turnedAway, isSilent: false };
    }
    const code = verdict === 'refused' ? 'starttls-refused' : 'starttls-not-spoken';
    const reason = { code, port, protocol: starttls, answer: answer.slice(0, 200) } as const;
    return { kind: 'none', reason, isSilent: false };
  } catch (error) {
    socket.destroy();
    if (error instanceof Over) return error.handshake;
    throw error;
  } finally {
    clear.stop();
  }
}

interface Conversation extends InClear {
  readonly connected: Promise<unknown>;
  /** Nothing of it listens to the socket any more. */
  readonly letGo: () => void;
  /** No timer and no signal is waited for any more. */
  readonly stop: () => void;
}

function inClear(socket: Socket, endpoint: ClearEndpoint, signal: AbortSignal): Conversation {
  const { who, port, starttls: protocol } = endpoint;
  const received = createReceived();
  const over = (handshake: Handshake) => received.end(new Over(handshake));
  let timer = setTimeout(() => over(unanswered(endpoint)), CONNECT_TIMEOUT_MS);
  const onAbort = () => over(CUT_OFF);
  signal.addEventListener('abort', onAbort, { once: true });
  const onData = (chunk: Buffer) => {
    received.add(chunk);
    if (received.length() <= MAX_BYTES) return;
    const reason = { code: 'starttls-not-spoken', port, protocol, answer: received.begin() } as const;
    over({ kind: 'none', reason, isSilent: false });
  };
  const onError = (error: Error) => {
    const handshake = explain(error, null, endpoint);
    if (handshake === null) received.end(error);
    else over(handshake);
  };
  const onEnd = () => {
    const reason = networkFinding({ code: 'connection-closed', error: 'EOF' }, { who, port });
    over({ kind: 'unknown', reason, isSilent: false });
  };
  socket.on('data', onData).on('error', onError).on('end', onEnd).on('close', onEnd);
  socket.once('connect', () => {
    clearTimeout(timer);
    const reason = { code: 'starttls-slow', port, protocol, seconds: DIALOGUE_TIMEOUT_MS / 1000 } as const;
    timer = setTimeout(() => over({ kind: 'unknown', reason, isSilent: false }), DIALOGUE_TIMEOUT_MS);
    received.wake();
  });
  const connected = received.until(() => (socket.readyState === 'open' ? true : null));
  return {
    connected,
    line: received.line,
    bytes: received.bytes,
    say: (what) => void socket.write(what),
    letGo: () => {
      socket.off('data', onData).off('error', onError).off('end', onEnd).off('close', onEnd);
      // From here on its errors are those of the TLS connection over it.
      socket.on('error', () => undefined).pause();
    },
    stop: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    },
  };
}
