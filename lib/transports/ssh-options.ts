/** For every ssh that brings something to a peer: nobody is asked, and a host that is away is given up soon. As `-o` and a file of ssh's take them. */
export const SSH_OPTIONS = [
  'BatchMode=yes',
  'StrictHostKeyChecking=yes',
  'IdentitiesOnly=yes',
  'ConnectTimeout=5',
  'ServerAliveInterval=5',
  'ServerAliveCountMax=2',
] as const;
