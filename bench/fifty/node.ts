import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DIST, environmentOf, writeConfig } from '../../test/support/cluster/built.ts';
import { start, type Running } from '../../test/support/programs/program.ts';
import { addressOf, onHost, VIP } from './wire.ts';

/** The agent's user, as the package makes one: of a number that nobody has. */
export const AGENT_UID = 61_184;

/** One of the nodes: directories of its own, an agent, an installer that watches, and an nginx. */
export interface FleetNode {
  readonly number: number;
  readonly name: string;
  readonly address: string;
  readonly configDir: string;
  readonly stateDir: string;
  /** The environment of a program there, in a cluster of the first `count` nodes. */
  env(count: number): NodeJS.ProcessEnv;
  /** The command line that runs `argv` there. */
  on(argv: readonly string[]): readonly string[];
  /** Starts all that runs there. */
  start(): Promise<void>;
  /** Serves these lineages as well from now on. */
  serve(lineages: readonly string[]): Promise<void>;
}

export interface NodeOptions {
  /** where all of them have their directories */
  readonly directory: string;
  readonly keyFile: string;
  /** sizes of the clusters that programs on it may be in; the largest is the agents' */
  readonly sizes: readonly number[];
}

export async function createNode(number: number, options: NodeOptions): Promise<FleetNode> {
  const { directory, keyFile, sizes } = options;
  const name = `n${number}`;
  const at = (...parts: readonly string[]) => join(directory, name, ...parts);
  const [configDir, stateDir, webroot] = [at('letsencrypt'), at('state'), at('webroot')];
  const nginx = ['nginx', '-p', at(), '-e', at('error.log'), '-c', at('nginx.conf')];
  await makeDirectories(at);
  for (const count of sizes) {
    await writeConfig(at(`config-${count}.yaml`), {
      nodes: Object.fromEntries(range(count).map((each) => [`n${each}`, addressOf(each)])),
      ...{ self: name, vips: [VIP], stateDir, webroot },
      agent: { keyFile },
      certificates: { configDir },
      webServer: { kind: 'nginx', test: [...nginx, '-t', '-q'], reload: [...nginx, '-s', 'reload'] },
    });
  }
  const largest = Math.max(...sizes);
  const env = (count: number) => environmentOf(at(`config-${count}.yaml`));
  const begin = (argv: readonly string[]) => start(onHost(number, argv), { env: env(largest) });
  const serve = async (lineages: readonly string[]) =>
    await writeFile(at('nginx.conf'), nginxConf({ at, webroot, configDir, lineages }));
  await serve([]);
  const served = new Set<string>();
  return {
    ...{ number, name, address: addressOf(number), configDir, stateDir, env },
    on: (argv) => onHost(number, argv),
    start: async () => {
      const user = ['setpriv', `--reuid=${AGENT_UID}`, `--regid=${AGENT_UID}`, '--clear-groups', '--'];
      const agent = begin([...user, process.execPath, join(DIST, 'cli.js'), 'agent']);
      await agent.says(/"msg":"listening"/);
      begin([process.execPath, join(DIST, 'cli.js'), 'install-lineage', '--watch', '--quiet']);
      begin([...nginx, '-g', 'daemon off;']);
    },
    serve: async (lineages) => {
      for (const lineage of lineages) served.add(lineage);
      await serve([...served]);
      await reloaded(begin([...nginx, '-s', 'reload']));
    },
  };

  async function makeDirectories(at: (...parts: readonly string[]) => string): Promise<void> {
    await mkdir(at('temp'), { recursive: true });
    await mkdir(at('letsencrypt'), { recursive: true });
    for (const path of [
      ...['webroot/.well-known/acme-challenge', 'state/requests'],
      ...['', 'bundles', 'activated', 'results'].map((part) => join('state/inbox', part)),
    ]) {
      await mkdir(at(path), { recursive: true });
      await chown(at(path), AGENT_UID, AGENT_UID);
    }
  }
}

export function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

async function reloaded(reload: Running): Promise<void> {
  const { code, stderr } = await reload.ended;
  if (code !== 0) throw new Error(`nginx -s reload: ${stderr}`);
}

interface ConfOptions {
  readonly at: (...parts: readonly string[]) => string;
  readonly webroot: string;
  readonly configDir: string;
  readonly lineages: readonly string[];
}

function nginxConf({ at, webroot, configDir, lineages }: ConfOptions): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const site = (lineage: string) => `  server {
    listen 443 ssl;
    server_name ${lineage};
    ssl_certificate ${configDir}/live/${lineage}/fullchain.pem;
    ssl_certificate_key ${configDir}/live/${lineage}/privkey.pem;
    return 200;
  }
`;
  return `user root;
worker_processes 1;
pid ${at('nginx.pid')};
error_log ${at('error.log')};
events { worker_connections 512; }
http {
  access_log off;
  server_names_hash_bucket_size 128;
${temporary.map((kind) => `  ${kind}_temp_path ${at('temp', kind)};`).join('\n')}
  server {
    listen 80 default_server;
    location /.well-known/acme-challenge/ { root ${webroot}; default_type text/plain; }
  }
${lineages.map(site).join('')}}
`;
}
