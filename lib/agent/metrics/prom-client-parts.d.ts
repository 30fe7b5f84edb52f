// prom-client declares types for its entry only.

declare module 'prom-client/lib/registry.js' {
  import { Registry } from 'prom-client';
  export default Registry;
}

declare module 'prom-client/lib/gauge.js' {
  import { Gauge } from 'prom-client';
  export default Gauge;
}

declare module 'prom-client/lib/counter.js' {
  import { Counter } from 'prom-client';
  export default Counter;
}

declare module 'prom-client/lib/histogram.js' {
  import { Histogram } from 'prom-client';
  export default Histogram;
}

declare module 'prom-client/lib/metrics/heapSizeAndUsed.js' {
  import type { Registry } from 'prom-client';
  const add: (registry: Registry) => void;
  export default add;
}

declare module 'prom-client/lib/metrics/osMemoryHeap.js' {
  import type { Registry } from 'prom-client';
  const add: (registry: Registry) => void;
  export default add;
}

declare module 'prom-client/lib/metrics/processMaxFileDescriptors.js' {
  import type { Registry } from 'prom-client';
  const add: (registry: Registry) => void;
  export default add;
}

declare module 'prom-client/lib/metrics/processOpenFileDescriptors.js' {
  import type { Registry } from 'prom-client';
  const add: (registry: Registry) => void;
  export default add;
}

declare module 'prom-client/lib/metrics/processStartTime.js' {
  import type { Registry } from 'prom-client';
  const add: (registry: Registry) => void;
  export default add;
}

declare module 'prom-client/lib/metrics/version.js' {
  import type { Registry } from 'prom-client';
  const add: (registry: Registry) => void;
  export default add;
}
