import type { Settings } from './settings.ts';

interface ComposeOptions {
  /** where the key is, if that is not the default place */
  readonly keyFile: string | null;
}

/** The configuration as it is to be in the file: the same on every node. */
export function configText(settings: Settings, { keyFile }: ComposeOptions): string {
  const { nodes, vips, webroot, webServer, transport } = settings;
  return [
    '# certbot-ha: the same file on every node. Made by certbot-ha init; docs/configuration.md has all keys.',
    'nodes:',
    ...nodes.map(({ name, address }) => `  ${scalar(name)}: ${scalar(address)}`),
    `vips: [${vips.map(scalar).join(', ')}]`,
    `webroot: ${scalar(webroot)}`,
    `transport: ${transport}`,
    'webServer:',
    `  kind: ${webServer}`,
    ...(keyFile === null ? [] : ['agent:', `  keyFile: ${scalar(keyFile)}`]),
    // By default the holder of the first VIP renews.
    ...(vips.length > 0 ? [] : ['certificates:', '  issuer: any']),
    '',
  ].join('\n');
}

/** JSON is YAML as well, and needs no thought of what else a plain word may be taken for. */
function scalar(value: string): string {
  const isPlain = /^(?:[a-z][\w-]*|\/[\w./-]*|(?:\d{1,3}\.){3}\d{1,3})$/i.test(value);
  const isWord = /^(?:true|false|null|yes|no|on|off|[yn])$/i.test(value);
  return isPlain && !isWord ? value : JSON.stringify(value);
}
