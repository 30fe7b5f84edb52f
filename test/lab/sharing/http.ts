import { makeChallenges, type SharingSystem } from './system.ts';

/** Nothing is shared: certbot-ha's agents carry it, also what another program has written. */
export const http: SharingSystem = {
  name: 'http',
  title: "certbot-ha's own `http`",
  packages: [],
  hasServer: false,
  async start(nodes) {
    await Promise.all(nodes.map(makeChallenges));
    await Promise.all(nodes.map((node) => node.startService('agent')));
    return { version: '', onTop: {}, isByAgents: true };
  },
};
