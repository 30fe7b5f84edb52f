import { chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { defineConfig, type RolldownOptions } from 'rolldown';
import { notices } from './scripts/notices.ts';

const NOTHING = '\0nothing.cjs';
const bundledPackages = new Set<string>();

const entries = {
  'hooks/auth': 'hooks/auth.ts',
  'hooks/cleanup': 'hooks/cleanup.ts',
  'hooks/deploy': 'hooks/deploy.ts',
  installer: 'lib/commands/installer.ts',
  cli: 'lib/commands/cli.ts',
  compile: 'lib/commands/compile.ts',
  start: 'lib/system/start.ts',
};

/** Started by what V8 has compiled ahead, where that is there: docs/decisions/0064-compiled-ahead.md. */
const COMPILED = new Set(['hooks/auth', 'hooks/cleanup', 'hooks/deploy', 'installer']);
/** Nobody starts them by their own name. */
const LOADED = new Set(['compile', 'start']);

/** What js-yaml makes of its own when it is loaded, most of it for writing: what is not used may be left out. */
const MADE_AT_START = [
  'RegExp',
  'Schema',
  'YAML11_SCHEMA.withTags',
  'defineMappingTag',
  'defineScalarTag',
  'defineSequenceTag',
];
const WRITING_OPTIONS = /^var (DEFAULT_(?:DUMP|PRESENTER)_OPTIONS) = (\{[^]*?^\});/gm;

/** What is loaded by others and never run here: docs/decisions/0055-memory-at-rest.md. By the package that asks for it. */
const NEVER_RUN: Readonly<Record<string, readonly string[]>> = {
  fastify: [
    '@fastify/ajv-compiler',
    '@fastify/fast-json-stringify-compiler',
    'light-my-request',
    'node:http2',
    'semver',
  ],
  pino: ['./transport', './lib/transport', 'worker_threads'],
  undici: ['./client-h2.js'],
};

/** In place of a package below yargs: docs/decisions/0019-yargs-and-entries.md. */
const FOR_YARGS: Readonly<Record<string, string>> = {
  'string-width': 'lib/commands/text-width.cjs',
  y18n: 'lib/commands/phrases.cjs',
};

/** What certbot starts once a name: docs/decisions/0061-launchers.md. */
const LAUNCHED = new Set(['hooks/auth', 'hooks/cleanup']);

/**
 * The command of a hook, which is a shell's script and Node.js's at once: to Node.js, which finds its own file through links as no shell
 * does, the script is a comment.
 */
async function writeLauncher(name: string): Promise<void> {
  const hook = basename(name);
  const script = await readFile('hooks/launcher.sh', 'utf8');
  if (script.includes('*/')) throw new Error('hooks/launcher.sh: */ ends a comment of JavaScript');
  const launcher = `#!/bin/sh -f\n':' /*\n_cbha_hook=${hook}\n${script}# */ require('./${hook}.js');\n`;
  const file = `dist/hooks/certbot-ha-${hook}`;
  await writeFile(file, launcher);
  await chmod(file, 0o755);
}

/** The same program: what is not Latin-1 stands in texts and patterns alone, where an escape is the same. */
function inLatin1(code: string): string {
  return code.replaceAll(
    /[^\0-\u00ff]/g,
    (unit) => String.raw`\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

// CommonJS, and all that a hook always needs in one file, because a certbot run starts two hooks a
// name and each file and each ESM start cost milliseconds: docs/decisions/0002-bundle.md.
const configOf = ([name, input]: [string, string]): RolldownOptions => ({
  input: { [name]: input },
  platform: 'node',
  // graceful-fs waits where too many files are open, which never happens here, and patches all of
  // node:fs at each start for it.
  resolve: { alias: { 'graceful-fs': 'node:fs', 'signal-exit': resolve('lib/system/on-exit.cjs') } },
  treeshake: { manualPureFunctions: MADE_AT_START },
  output: {
    dir: 'dist',
    format: 'cjs',
    // What is compiled ahead has nobody who would import modules of Node.js for it.
    dynamicImportInCjs: false,
    entryFileNames: COMPILED.has(name) ? `lib/${basename(name)}-[hash].js` : '[name].js',
    chunkFileNames: `lib/${basename(name)}-[name]-[hash].js`,
    sourcemap: true,
    minify: true,
    // What is loaded at once is one file: each more costs half a millisecond.
    codeSplitting: name === 'start' ? false : { groups: [{ name: 'start', tags: ['$initial'] }] },
  },
  plugins: [
    notices('dist/THIRD-PARTY-NOTICES', bundledPackages),
    {
      // YAML is read here, never written: what writes it is a third of js-yaml, and costs each start 2 ms.
      name: 'js-yaml-for-reading',
      transform: (code, id) =>
        /\/js-yaml\/dist\/[^/]+\.mjs$/.test(id)
          ? { code: code.replaceAll(WRITING_OPTIONS, 'var $1 = /* @__PURE__ */ (() => ($2))();'), map: null }
          : null,
    },
    {
      // fastify is given other compilers, is asked over connections and speaks HTTP/1.1, as undici does; pino writes by itself.
      name: 'never-run',
      resolveId: (source, importer) => {
        const [, of = ''] = /\/node_modules\/([^/]+)\//.exec(importer ?? '') ?? [];
        return NEVER_RUN[of]?.includes(source) === true ? { id: NOTHING } : null;
      },
      load: (id) => (id === NOTHING ? 'module.exports = () => { throw new Error("never run"); };' : null),
    },
    {
      // A name is no address, which Node.js tells by a pattern for IPv6 that takes 4 ms to make.
      name: 'undici-no-pattern',
      transform: (code, id) =>
        id.endsWith('/undici/lib/core/util.js')
          ? {
              code: code.replace(
                'net.isIP(servername)',
                `(net.isIPv4(servername) || servername.includes(':'))`,
              ),
              map: null,
            }
          : null,
    },
    {
      // What yargs has for emoji and for other languages costs more than all the rest of it.
      name: 'yargs-in-ascii-and-english',
      resolveId: (source, importer) => {
        const file = /\/node_modules\/(?:yargs|cliui)\//.test(importer ?? '') ? FOR_YARGS[source] : undefined;
        return file === undefined ? null : { id: resolve(file) };
      },
    },
    {
      // One character beyond Latin-1 makes V8 keep a file's whole source with two bytes for each.
      name: 'one-byte-sources',
      generateBundle: (_, bundle) => {
        for (const file of Object.values(bundle)) {
          if (file.type === 'chunk')
            file.code = inLatin1(file.code).replace(COMPILED.has(name) ? /^#!.*/ : '', '');
        }
      },
    },
    {
      // What is started says which file it is: the name of that changes with all that is in it.
      name: 'started-by-what-is-compiled',
      async writeBundle(_, bundle) {
        const entry = Object.values(bundle).find((file) => file.type === 'chunk' && file.isEntry);
        if (!COMPILED.has(name) || entry === undefined) return;
        const place = join('dist', `${name}.js`);
        const start = dirname(name) === '.' ? './start.js' : '../start.js';
        await mkdir(dirname(place), { recursive: true });
        await writeFile(
          place,
          `#!/usr/bin/env node\nrequire('${start}').start(require, '${basename(entry.fileName)}');\n`,
        );
      },
    },
    {
      // The package itself is ESM; what is built is not, and has to say so where it lies alone.
      name: 'package-of-dist',
      async writeBundle() {
        await writeFile('dist/package.json', '{ "type": "commonjs" }\n');
        if (!LOADED.has(name)) await chmod(`dist/${name}.js`, 0o755);
        if (LAUNCHED.has(name)) await writeLauncher(name);
        // `certbot-ha install` puts them in place from wherever dist/ is.
        if (name === 'cli') await cp('systemd', 'dist/systemd', { recursive: true });
      },
    },
  ],
});

export default defineConfig(Object.entries(entries).map(configOf));
