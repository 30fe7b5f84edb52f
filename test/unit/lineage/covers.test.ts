import { describe, expect, it } from 'vitest';
import { covers } from '../../../lib/lineage/covers.ts';

describe('covers', () => {
  it.each([
    ['an equal name', ['a.example.test'], 'a.example.test', true],
    ['another case', ['A.Example.test'], 'a.example.TEST', true],
    ['a name with the root dot', ['a.example.test'], 'a.example.test.', true],
    ['one of several', ['x.test', 'a.example.test'], 'a.example.test', true],
    ['none of them', ['x.test', 'y.test'], 'a.example.test', false],
    ['no names at all', [], 'a.example.test', false],
    ['a longer name that ends alike', ['example.test'], 'badexample.test', false],
    ['a wildcard for one label', ['*.example.test'], 'a.example.test', true],
    ['a wildcard not for two labels', ['*.example.test'], 'b.a.example.test', false],
    ['a wildcard not for no label', ['*.example.test'], 'example.test', false],
    ['a part of a label that is a wildcard', ['a*.example.test'], 'ab.example.test', false],
    ['a wildcard identifier by itself', ['*.example.test'], '*.example.test', true],
    ['a wildcard identifier not by one name', ['a.example.test'], '*.example.test', false],
    ['an IPv4 address', ['192.0.2.1'], '192.0.2.1', true],
    ['an IPv4 address not by a wildcard', ['*.0.2.1'], '192.0.2.1', false],
    ['an IPv6 address as OpenSSL spells it', ['2001:DB8:0:0:0:0:0:1'], '2001:db8::1', true],
    ['another IPv6 address', ['2001:DB8:0:0:0:0:0:2'], '2001:db8::1', false],
  ] as const)('%s', (_, names, identifier, expected) => {
    expect(covers(names, identifier)).toBe(expected);
  });
});
