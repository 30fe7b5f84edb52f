import { selfSigned } from '../../certificates.ts';
import type { LabNode } from '../../lab.ts';
import type { Stage } from '../stage.ts';
import type { Files, OtherServer } from './kind.ts';

const OTHER: Files = {
  chain: '/etc/ssl/other.crt',
  key: '/etc/ssl/other.key',
  combined: '/etc/ssl/other.pem',
};

/** Starts it on every node for a test, with a site of another name. */
export async function startServers({ nodes, undo }: Stage, server: OtherServer): Promise<void> {
  const pair = await selfSigned(['DNS:other.example.org']);
  undo(async () => {
    await Promise.all(nodes.map(async (node) => await node.check(['systemctl', 'stop', server.unit])));
  });
  await Promise.all(
    nodes.map(async (node) => {
      await node.writeFile(OTHER.chain, pair.certificate);
      // Caddy reads keys as its own user.
      await node.writeFile(OTHER.key, pair.key, { mode: 0o640, owner: 'root:caddy' });
      await node.writeFile(OTHER.combined, pair.certificate + pair.key, { mode: 0o600 });
      await server.prepare?.(node);
      await put(node, server, '', null);
      await node.check(['systemctl', 'start', server.unit]);
    }),
  );
}

/** Adds a site for the lineage on every node, as the operator does after the first certificate. */
export async function serveByOther({ nodes }: Stage, server: OtherServer, name: string): Promise<void> {
  await Promise.all(
    nodes.map(async (node) => {
      await put(node, server, name, filesOf(node, name));
      await node.check(['systemctl', 'reload', server.unit]);
    }),
  );
}

/** Lets it refuse a renewed certificate, and not the one of now. Gives what ends that before the test is over. */
export async function refuseRenewed(
  { undo }: Stage,
  server: OtherServer,
  { node, name }: { readonly node: LabNode; readonly name: string },
): Promise<() => Promise<void>> {
  const files = filesOf(node, name);
  const fix = async () => await put(node, server, name, files);
  undo(fix);
  const [key, combined] = [(await node.check(['realpath', files.key])).trim(), '/etc/ssl/pinned.pem'];
  await node.check(['ln', '-sf', files.chain, combined]);
  await node.check(['ln', '-sf', key, `${combined}.key`]);
  const next = key.replace(/privkey(\d+)\.pem$/, (_, number: string) => `cert${Number(number) + 1}.pem`);
  const { files: changed, more = '' } = server.pinned({ key, combined, next });
  await put(node, server, name, { ...files, ...changed }, more);
  await node.check(['systemctl', 'reload', server.unit]);
  return fix;
}

function filesOf(node: LabNode, name: string): Files {
  const live = `${node.paths.letsencrypt}/live/${name}`;
  return { chain: `${live}/fullchain.pem`, key: `${live}/privkey.pem`, combined: `${live}/haproxy.pem` };
}

/** Adds what it cannot read its configuration with. Gives what takes it away before the test is over. */
export async function breakServer(
  { undo }: Stage,
  { file, broken }: OtherServer,
  node: LabNode,
): Promise<() => Promise<void>> {
  const before = await node.readFile(file);
  const fix = async () => await node.writeFile(file, before);
  undo(fix);
  await node.writeFile(file, before + broken);
  return fix;
}

async function put(
  node: LabNode,
  { file, config }: OtherServer,
  name: string,
  lineage: Files | null,
  more = '',
): Promise<void> {
  await node.check(['rm', '-f', file]);
  await node.writeFile(file, config(OTHER, name, lineage) + more);
}
