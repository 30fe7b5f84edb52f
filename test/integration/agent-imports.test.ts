import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { rolldown, type Plugin } from 'rolldown';
import { expect, test } from 'vitest';
import config from '../../rolldown.config.ts';
import { readArchitecture } from '../../scripts/architecture.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const ENTRY = 'lib/agent/agent.ts';
const { agent } = readArchitecture(await readFile(join(ROOT, 'docs/architecture.md'), 'utf8'));

/** The files that are in the agent as it is built, loaded at once or later. */
async function allOfAgent(plant?: Plugin): Promise<readonly string[]> {
  const [options] = config;
  const build = await rolldown({ ...options, input: join(ROOT, ENTRY), plugins: [options?.plugins, plant] });
  const { output } = await build.generate({ format: 'cjs' });
  await build.close();
  return output
    .flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []))
    .map((id) => relative(ROOT, id));
}

/** Those of lib/ and hooks/. */
async function modulesOfAgent(plant?: Plugin): Promise<readonly string[]> {
  return (await allOfAgent(plant)).filter((file) => /^(?:lib|hooks)\//.test(file));
}

/** Adds a line to a file as it is built. */
function planted(file: string, line: string): Plugin {
  return {
    name: 'planted',
    transform: (code, id) => (id === join(ROOT, file) ? `${code}\n${line}\n` : null),
  };
}

/** Those among them that the table of docs/architecture.md keeps from it, each with the reason. */
function forbidden(modules: readonly string[]): readonly string[] {
  return modules.flatMap((file) => {
    const room = file.split('/').at(file.startsWith('lib/') ? 1 : 0) ?? '';
    if (room === 'agent' || agent.get(room)?.isAllowed === true) return [];
    return [`${file}: ${agent.get(room)?.reason ?? 'a room that its table does not name'}`];
  });
}

test('the built agent has nothing of a room that is kept from it', async () => {
  const modules = await modulesOfAgent();
  expect(modules).toContain('lib/channel/protocol.ts');
  expect(forbidden(modules)).toEqual([]);
});

test('what a room that it may import brings along is seen, with the reason', async () => {
  const plant = planted(
    'lib/channel/protocol.ts',
    `import * as planted from '../webserver/web-server.ts'; globalThis.planted = planted;`,
  );
  const reason = "it runs no web server's test and reloads none";
  expect(forbidden(await modulesOfAgent(plant))).toContainEqual(
    expect.stringContaining(`lib/webserver/web-server.ts: ${reason}`),
  );
});

test('what it loads later is seen too', async () => {
  const plant = planted(ENTRY, `export const later = async () => await import('../issuer/issuer.ts');`);
  expect(forbidden(await modulesOfAgent(plant))).toContainEqual(
    expect.stringContaining('lib/issuer/issuer.ts: who renews is decided where certbot runs'),
  );
});

test('it has nothing of what its packages would bring and never run: each stays in memory day and night', async () => {
  const packages = (await allOfAgent()).flatMap(
    (file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? [],
  );
  expect(packages).toContain('fastify');
  expect(
    packages.filter((name) =>
      /ajv|fast-json-stringify-compiler|light-my-request|semver|thread-stream/.test(name),
    ),
  ).toEqual([]);
});
