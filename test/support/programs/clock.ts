/** The environment of a Node.js program whose clock goes so many milliseconds ahead of the machine's, or behind. */
export function clockAhead(aheadMs: number): NodeJS.ProcessEnv {
  if (aheadMs === 0) return {};
  const shifted = `
    const Real = Date;
    globalThis.Date = class extends Real {
      constructor(...given) { super(...(given.length > 0 ? given : [Real.now() + ${aheadMs}])); }
      static now() { return Real.now() + ${aheadMs}; }
    };`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(shifted)}` };
}
