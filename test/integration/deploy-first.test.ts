// @module-tag slow
import { describe, onTestFinished } from 'vitest';
import { expect, type Issued, test } from '../support/lineage/certificates.ts';
import { startDeployHook } from '../support/cluster/deploy-hook.ts';
import { writeLineage } from '../support/lineage/tree.ts';
import { freePort, loopbackAddresses } from '../support/cluster/addresses.ts';
import { serveTls } from '../support/cluster/tls-site.ts';

interface FirstRun {
  readonly directory: string;
  readonly generations: readonly Issued[];
  readonly address: string;
  readonly httpsPort: number;
  readonly kind?: string;
  readonly names?: readonly string[];
  readonly timeout?: number;
  /** the web server's test; default: one that is over at once */
  readonly webServerTest?: readonly string[];
}

async function deploy(options: FirstRun) {
  const { directory, generations, address, httpsPort, names = ['a.test'], timeout = 5 } = options;
  const { kind = 'nginx', webServerTest = ['true'] } = options;
  const lineage = await writeLineage(directory, 'a.test', generations);
  const config = {
    nodes: { web1: address },
    gate: { timeout, httpsPort },
    webServer: { kind, test: webServerTest, reload: ['true'] },
  };
  const hook = await startDeployHook({ directory, config, lineage, names });
  return { lineage, ...(await hook.ended) };
}

async function place() {
  const [address = ''] = loopbackAddresses(1);
  return { address, httpsPort: await freePort([address]) };
}

describe('the first certificate of a name', () => {
  test('is no failure where nothing listens, and says what to configure', async ({ ca, directory }) => {
    const at = await place();
    const { lineage, code, stdout, stderr } = await deploy({
      ...at,
      directory,
      generations: [await ca.issue(['a.test'])],
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(
        new RegExp(
          `^web1 ${at.address}: not in use there: port ${at.httpsPort}: connection refused \\(a\\.test, \\d+ attempts in \\d\\.\\d\\d s\\) \\[not-in-use\\]$`,
        ),
      ),
      'to use it, add to the configuration of nginx, then reload:',
      `  ssl_certificate ${lineage}/fullchain.pem;`,
      `  ssl_certificate_key ${lineage}/privkey.pem;`,
      '',
    ]);
  });

  test('is no failure where another site answers', async ({ ca, directory }) => {
    const at = await place();
    const other = await serveTls(await ca.issue(['other.test']), { address: at.address, port: at.httpsPort });
    onTestFinished(other.close);
    const generations = [await ca.issue(['a.test'])];
    const { lineage, code, stdout, stderr } = await deploy({ ...at, directory, generations, kind: 'apache' });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('not in use there: serves a certificate for other names (other.test)');
    expect(stdout).toContain(`  SSLCertificateFile ${lineage}/fullchain.pem\n`);
  });

  test('is waited for after a reload, however long the test before it took', async ({ ca, directory }) => {
    const at = await place();
    const issued = await ca.issue(['a.test']);
    const site = await serveTls(await ca.issue(['other.test']), { address: at.address, port: at.httpsPort });
    onTestFinished(site.close);
    const timer = setInterval(() => {
      if (site.asked.length < 3) return;
      clearInterval(timer);
      site.use(issued);
    }, 5);
    const { code, stdout, stderr } = await deploy({
      ...at,
      directory,
      generations: [issued],
      webServerTest: ['sleep', '1.2'],
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^web1 \S+: served \(\d attempts in \d\.\d\d s\)\n$/);
  });

  test('is no failure where what is served for its names is none of it, and tells both', async ({
    ca,
    directory,
  }) => {
    const at = await place();
    const names = ['a.test', 'b.test'];
    const bought = await serveTls(await ca.issue(['b.test']), { address: at.address, port: at.httpsPort });
    onTestFinished(bought.close);
    const generations = [await ca.issue(names)];
    const { lineage, code, stdout, stderr } = await deploy({
      ...at,
      directory,
      generations,
      names,
      timeout: 20,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^web1 \S+: not in use there: serves a certificate (?:for other names \(b\.test\)|of this name that is none of this lineage \(serial)/,
    );
    expect(stdout).toContain(`  ssl_certificate ${lineage}/fullchain.pem;\n`);
  });
});

describe('a later certificate of a name', () => {
  test('is no failure where nothing listened before, and needs no advice', async ({ ca, directory }) => {
    const at = await place();
    const generations = [await ca.issue(['a.test']), await ca.issue(['a.test'])];
    const { code, stdout, stderr } = await deploy({ ...at, directory, generations, timeout: 20 });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^web1 \S+: not in use there: port \d+: connection refused .*\n$/);
  });

  test('is no failure where another site answered before', async ({ ca, directory }) => {
    const at = await place();
    const other = await serveTls(await ca.issue(['other.test']), { address: at.address, port: at.httpsPort });
    onTestFinished(other.close);
    const generations = [await ca.issue(['a.test']), await ca.issue(['a.test'])];
    const { code, stdout, stderr } = await deploy({ ...at, directory, generations, timeout: 20 });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^web1 \S+: not in use there: serves a certificate for other names \(other\.test\)/,
    );
  });

  test('is no failure where one that is none of this lineage was served, and is', async ({
    ca,
    directory,
  }) => {
    const at = await place();
    const bought = await serveTls(await ca.issue(['*.test']), { address: at.address, port: at.httpsPort });
    onTestFinished(bought.close);
    const generations = [await ca.issue(['a.test']), await ca.issue(['a.test'])];
    const { code, stdout, stderr } = await deploy({ ...at, directory, generations, timeout: 20 });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^web1 \S+: not in use there: serves a certificate of this name that is none of this lineage \(serial .*\n$/,
    );
  });

  test('is a failure where the one before was served, and another site answers now', async ({
    ca,
    directory,
  }) => {
    const at = await place();
    const before = await ca.issue(['a.test']);
    const other = await ca.issue(['other.test']);
    const site = await serveTls(before, { address: at.address, port: at.httpsPort });
    onTestFinished(site.close);
    const timer = setInterval(() => {
      if (site.asked.length === 0) return;
      clearInterval(timer);
      site.use(other);
    }, 5);
    const { code, stdout, stderr } = await deploy({
      ...{ ...at, directory, timeout: 2, generations: [before, await ca.issue(['a.test'])] },
      webServerTest: ['sleep', '0.5'],
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('serves a certificate for other names (other.test)');
  });
});
