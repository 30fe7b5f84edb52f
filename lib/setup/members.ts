import { BlockList } from 'node:net';
import type { InterfaceAddress } from '../cluster/machine.ts';
import { isIpv6, normalAddress } from '../net/address.ts';
import { unique, type VrrpInstance } from './keepalived.ts';

/** The addresses of a cluster, as keepalived and this host's interfaces tell them. */
export interface Members {
  /** this node's; null: nothing decides which of those that it has */
  readonly self: string | null;
  /** those that it may be, when nothing decides */
  readonly candidates: readonly string[];
  /** the other nodes'; none with multicast */
  readonly peers: readonly string[];
  /** further peers, which are taken for further addresses of the same hosts */
  readonly leftOut: readonly string[];
  readonly vips: readonly string[];
}

/**
 * A host has one address among the nodes, though keepalived may know it by several: by one of each network and family in which an
 * instance speaks to its peers. An instance knows each host once: the peers of the first one that has some are taken, those behind a router
 * too, and with them whoever else is in the network of the first.
 */
export function membersOf(
  instances: readonly VrrpInstance[],
  interfaces: readonly InterfaceAddress[],
): Members {
  const vips = unique(instances.flatMap((instance) => instance.vips)).filter((vip) => !isLinkLocal(vip));
  const isVip = among(instances.flatMap((instance) => instance.vips));
  const here = interfaces.filter(({ address }) => !isVip(address) && !isLinkLocal(address));
  const isHere = among(here.map(({ address }) => address));
  const othersIn = ({ peers }: VrrpInstance) =>
    unique(peers).filter((peer) => !isHere(peer) && !isVip(peer) && !isLinkLocal(peer));
  const others = unique(instances.flatMap(othersIn));
  const [first] = others;
  const isTogether = among(instances.map(othersIn).find(({ length }) => length > 0) ?? []);
  const near = first === undefined ? undefined : here.find(({ cidr }) => holds(cidr, first));
  const isSameFamily = (address: string) => first === undefined || isIpv6(address) === isIpv6(first);
  const peers = others.filter(
    (peer) => isSameFamily(peer) && (isTogether(peer) || (near !== undefined && holds(near.cidr, peer))),
  );

  const isSource = among(instances.flatMap(({ sources }) => sources));
  const ofPeers = here.filter(({ address }) => isSameFamily(address));
  const names = new Set(instances.flatMap((instance) => instance.interfaces));
  const byVip = (those: typeof here) => those.filter(({ cidr }) => vips.some((vip) => holds(cidr, vip)));
  const onInterface = ofPeers.filter((one) => names.has(one.interface));
  const candidates = [
    ofPeers.filter(({ address }) => isSource(address)),
    near ? [near] : [],
    byVip(onInterface),
    onInterface,
    byVip(ofPeers),
  ].find((those) => those.length > 0);
  const self = candidates?.[0] ?? only(ofPeers.filter(({ address }) => !isIpv6(address))) ?? only(ofPeers);
  return {
    self: self?.address ?? null,
    candidates: here.map(({ address }) => address),
    peers,
    leftOut: others.filter((peer) => !peers.includes(peer)),
    vips,
  };
}

function only<T>(values: readonly T[]): T | undefined {
  return values.length === 1 ? values[0] : undefined;
}

function among(addresses: readonly string[]): (address: string) => boolean {
  const known = new Set(addresses.map(normalAddress));
  return (address) => known.has(normalAddress(address));
}

/** It is of use on its own wire alone. */
function isLinkLocal(address: string): boolean {
  return /^fe[89ab]|^169\.254\./.test(normalAddress(address));
}

function holds(cidr: string | null, address: string): boolean {
  const [network = '', prefix = ''] = cidr?.split('/') ?? [];
  if (prefix === '' || isIpv6(network) !== isIpv6(address)) return false;
  const family = isIpv6(address) ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), family);
  return list.check(address, family);
}
