// @module-tag slow
import { describe } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import { expect, NAME } from '../support/cluster/pair.ts';
import { idOf, test } from '../support/cluster/renewed-pair.ts';

describe('is-issuer', () => {
  test('is 0 on the issuer and 1 elsewhere, with a line why', async ({ pair: { web1, web2 } }) => {
    await web1.startAgent();
    await web2.startAgent();
    expect(await web1.command('is-issuer')).toMatchObject({
      code: 0,
      stdout: 'web1 renews: it is certificates.issuer\n',
      stderr: '',
    });
    expect(await web2.command('is-issuer')).toMatchObject({
      code: 1,
      stdout: 'web2 does not renew: certificates.issuer is web1 [other-issuer]\n',
      stderr: '',
    });
  });

  test('has the newest generation here before it answers', async ({ pair: { web1, web2 }, issued }) => {
    await web1.has(NAME, issued.old);
    await web2.has(NAME, issued.old, issued.next);
    for (const node of [web1, web2]) await node.startAgent();
    await web1.startInstaller();
    const asking = web1.command('is-issuer');
    // What systemd's path unit does when the request has come.
    const isAsked = async () => (await web2.requests()).includes('web1');
    await eventually(isAsked, { timeoutMs: 10_000, what: 'web2 to be asked' });
    await web2.command('sync');
    expect(await asking).toMatchObject({ code: 0, stderr: '' });
    expect(await web1.leaf(NAME)).toBe(idOf(issued.next));
  });
});
