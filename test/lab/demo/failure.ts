/** What the demo was to show and did not come true, in words that need no stack. */
export class DemoFailure extends Error {
  override readonly name = 'DemoFailure';
}

export function must(isTrue: boolean, otherwise: string): asserts isTrue {
  if (!isTrue) throw new DemoFailure(otherwise);
}
