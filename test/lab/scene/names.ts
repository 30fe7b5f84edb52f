export interface Naming {
  /** A name to be certified that no other call gives, also when the test is tried again: `TOPIC-K.example.test`. */
  name(topic: string): string;
  /** Several of them: `TOPIC1-K.example.test` and so on. */
  names(topic: string, count: number): readonly string[];
}

let calls = 0;

// A name that comes again might find that the CA has it authorized already.
export function naming(): Naming {
  const name = (topic: string) => `${topic}-${(calls += 1)}.example.test`;
  return {
    name,
    names(topic, count) {
      if (count === 1) return [name(topic)];
      calls += 1;
      return Array.from({ length: count }, (_, index) => `${topic}${index + 1}-${calls}.example.test`);
    },
  };
}
