import { expect, test } from 'vitest';
import { withConfigOption } from '../../../lib/cluster/config-option.ts';

test('--config goes before CERTBOT_HA_CONFIG, which stands where it is not given', () => {
  const env = { CERTBOT_HA_CONFIG: '/a.yaml', PATH: '/bin' };
  expect(withConfigOption(env, '/b.yaml')).toEqual({ CERTBOT_HA_CONFIG: '/b.yaml', PATH: '/bin' });
  expect(withConfigOption(env, undefined)).toEqual(env);
});

test('an empty --config names no file, not even the default one', () => {
  expect(() => withConfigOption({}, '')).toThrow(
    expect.objectContaining({
      kind: 'usage',
      message: expect.stringContaining('--config: expected a file, got ""'),
    }),
  );
});
