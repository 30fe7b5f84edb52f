import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';

/** Where what V8 has compiled of a file of `dist/lib/` lies: beside it, so that whoever may write the one may write the other. */
export function compiledOf(dist: string, name: string): string {
  return join(dist, 'compiled', `${name}.${process.version}-${process.arch}`);
}

/** Around a file's text: the function that Node.js' own loader makes of it. */
const BEFORE = '(function (exports, require, module, __filename, __dirname) { ';
const AFTER = '\n})';

/** What a file of `dist/lib/` is to V8, whose code holds for just this. @param cachedData what it has made of it before */
export function scriptOf(filename: string, cachedData?: Buffer): Script {
  const source = BEFORE + readFileSync(filename, 'latin1') + AFTER;
  return new Script(source, { filename, columnOffset: -BEFORE.length, ...(cachedData && { cachedData }) });
}

/** V8 does not check what it reads, and would die of a wrong bit. To read it twice takes a tenth of the time that loading what makes a checksum takes. */
export function doubled(data: Buffer): Buffer {
  return Buffer.concat([data, data]);
}

/**
 * What `doubled` has made of files, one after another: each is overwritten by the next one. Undefined where a file is not there, not to be
 * read, or damaged: who asks has the text itself.
 */
export function createReader(): (file: string) => Buffer | undefined {
  // One for all: a hook ends before what is not needed any more would be collected.
  let room = Buffer.alloc(0);
  return (file) => {
    let descriptor: number;
    try {
      descriptor = openSync(file, 'r');
    } catch {
      return undefined; // not made, or for another Node.js
    }
    try {
      const length = fstatSync(descriptor).size / 2;
      if (room.length < length) room = Buffer.allocUnsafeSlow(length);
      return readHalf(descriptor, room.subarray(0, length));
    } catch {
      return undefined; // a disk that fails, or something that is no such file
    } finally {
      closeSync(descriptor);
    }
  };
}

const PART_BYTES = 65_536;

function readHalf(descriptor: number, data: Buffer): Buffer | undefined {
  if (data.length === 0 || readSync(descriptor, data, 0, data.length, 0) < data.length) return undefined;
  const part = Buffer.allocUnsafe(Math.min(data.length, PART_BYTES));
  for (let from = 0; from < data.length; from += part.length) {
    const expected = data.subarray(from, from + part.length);
    const read = readSync(descriptor, part, 0, expected.length, data.length + from);
    if (!expected.equals(part.subarray(0, read))) return undefined;
  }
  return data;
}
