import { chmod, writeFile } from 'node:fs/promises';
import { defineConfig } from 'rolldown';

// CommonJS, because Node.js 20 starts it about 6 ms sooner than ESM and a run of certbot starts
// two hooks a name: docs/decisions/0002-bundle.md.
export default defineConfig({
  input: {
    'hooks/auth': 'hooks/auth.ts',
    'hooks/cleanup': 'hooks/cleanup.ts',
    'hooks/deploy': 'hooks/deploy.ts',
    cli: 'lib/cli.ts',
  },
  platform: 'node',
  output: {
    dir: 'dist',
    format: 'cjs',
    entryFileNames: '[name].js',
    chunkFileNames: 'lib/[name]-[hash].js',
    sourcemap: true,
    minify: true,
    cleanDir: true,
  },
  plugins: [
    {
      // The package itself is ESM; what is built is not, and has to say so where it lies alone.
      name: 'package-of-dist',
      async writeBundle(_, bundle) {
        await writeFile('dist/package.json', '{ "type": "commonjs" }\n');
        const entries = Object.values(bundle).filter((file) => file.type === 'chunk' && file.isEntry);
        await Promise.all(entries.map(({ fileName }) => chmod(`dist/${fileName}`, 0o755)));
      },
    },
  ],
});
