import { openLab } from './lab.ts';

// A program that opens a lab, says so and holds it, to be killed.
await openLab({ nodes: 2, install: false });
console.log('open');
setInterval(() => {}, 1000);
