import { join } from 'node:path';
import { expect } from 'vitest';
import { eventually } from '../eventually.ts';
import type { LabNode } from '../lab.ts';
import type { Stage } from './stage.ts';

/** What delivers to a peer and what installs there, in one process or another, needs so long when it does well. */
const SETTLE_MS = 30_000;

export interface LeftOver {
  /** What challenges have left on nodes, a line each: tokens, hidden files beside them, records of the hooks. */
  left(): Promise<readonly string[]>;
  /** The hooks' own files on a node that runs: recorded challenges, and what a transport needs for a moment. */
  records(on: LabNode): Promise<readonly string[]>;
  /** Nothing of a delivery is on its way or half done on any node, once all that has been started has ended. */
  expectDelivered(): Promise<void>;
  /**
   * Nothing of challenges is left, nor half an installation; if there is, it is cleared, so that the next test does not
   * fail too. What is staged and not activated may be: a roll-out that stops leaves it, and the agent removes it in time.
   */
  expectNothingLeft(): Promise<void>;
}

export function leftOver({ lab, nodes }: Stage): LeftOver {
  const left = async () => await everyOf(nodes, challengesOn);
  const underWay = async () => {
    // On loopback no unit takes what has been asked for.
    if (lab.kind === 'loopback') return [];
    return await settled(async () => await everyOf(nodes, deliveriesOn));
  };
  return {
    left,
    records: recordsOn,
    async expectDelivered() {
      expect(await underWay()).toEqual([]);
    },
    async expectNothingLeft() {
      const begun =
        lab.kind === 'loopback'
          ? []
          : await settled(async () => (await everyOf(nodes, deliveriesOn)).filter(isBegun));
      const lines = [...begun, ...(await left())];
      if (lines.length === 0) return;
      await Promise.all(nodes.map(clear));
      throw new Error(`left after the test:\n${lines.join('\n')}`);
    },
  };
}

/** Empty as soon as it is; else what there is when the time is over. */
async function settled(look: () => Promise<readonly string[]>): Promise<readonly string[]> {
  let last: readonly string[] = [];
  const isEmpty = async () => {
    last = await look();
    return last.length === 0;
  };
  const deadline = { timeoutMs: SETTLE_MS, what: 'nothing left', everyMs: 100 };
  await eventually(isEmpty, deadline).catch(() => undefined); // the caller says what is left
  return last;
}

async function everyOf(
  nodes: readonly LabNode[],
  pathsOn: (node: LabNode) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const lists = nodes.map(async (node) => (await pathsOn(node)).map((path) => `${node.name}: ${path}`));
  return (await Promise.all(lists)).flat();
}

async function challengesOn(node: LabNode): Promise<readonly string[]> {
  return [...(await node.tokens()).map((name) => `webroot ${name}`), ...(await recordsOn(node))];
}

async function recordsOn(node: LabNode): Promise<readonly string[]> {
  const { stateDir, records } = node.paths;
  const launched = await node.run(['find', records, '-mindepth', '1', '-print']);
  const conditions = ['(', '-path', `${stateDir}/pending/*`, '-o', '-path', `${stateDir}/rsync-*`, ')'];
  const own = await node.check(['find', stateDir, '-ignore_readdir_race', ...conditions, '-print']);
  return linesOf(own + launched.stdout);
}

/** Bundles, markers, requests, journal entries and half-written files. */
async function deliveriesOn(node: LabNode): Promise<readonly string[]> {
  const { stateDir, letsencrypt } = node.paths;
  const places = ['inbox/bundles', 'inbox/activated', 'journal', 'requests'];
  const directories = places.map((place) => join(stateDir, place));
  const own = await node.run(['find', ...directories, '-mindepth', '1', '-print']);
  const half = ['(', '-name', '*.tmp', '-o', '-path', `${stateDir}/rsync-*`, ')'];
  const temporary = await node.run(['find', stateDir, letsencrypt, '-type', 'f', ...half, '-print']);
  return linesOf(own.stdout + temporary.stdout);
}

function isBegun(line: string): boolean {
  return !/\/(?:inbox\/bundles|requests)\//.test(line);
}

async function clear(node: LabNode): Promise<void> {
  const { webroot, stateDir, records } = node.paths;
  const places = ['pending', 'inbox/bundles', 'inbox/activated'];
  const directories = [records, ...places.map((place) => join(stateDir, place))];
  const tokens = join(webroot, '.well-known/acme-challenge');
  await node.run(['find', tokens, ...directories, '-mindepth', '1', '-delete']);
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter(Boolean);
}
