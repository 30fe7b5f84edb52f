import { setFlagsFromString } from 'node:v8';

let isSet = false;

/**
 * undici parses HTTP in WebAssembly, which V8 would compile a second time to make it faster. A process waits for that at its end:
 * 50 to 100 ms, after a few dozen requests that needed no such speed.
 *
 * To be called late, before the first answer is parsed: what was compiled ahead, Node.js' own modules among it, does not hold
 * for other flags, and what is loaded afterwards is compiled anew.
 */
export function parseWithoutTierUp(): void {
  if (isSet) return;
  isSet = true;
  // --liftoff-only would imply both, at the start of a process alone.
  setFlagsFromString('--no-wasm-tier-up');
  setFlagsFromString('--no-wasm-dynamic-tiering');
}
