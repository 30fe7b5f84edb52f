import { start, type Running } from './program.ts';

const LISTEN = `
import socket, sys, time
family = socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET
server = socket.socket(family)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind((sys.argv[1], int(sys.argv[2])))
server.listen(0)
clients = []
for _ in range(4):
    client = socket.socket(family)
    client.setblocking(False)
    client.connect_ex(server.getsockname())
    clients.append(client)
print('deaf', server.getsockname()[1], flush=True)
time.sleep(600)
`;

/** An address where nothing answers, as of a host that is off: the kernel drops what comes to a full queue. */
export async function deaf(address: string, port = 0): Promise<Running & { readonly port: number }> {
  const program = start(['python3', '-c', LISTEN, address, String(port)]);
  const [, taken] = await program.says(/deaf (\d+)/);
  return Object.assign(program, { port: Number(taken) });
}
