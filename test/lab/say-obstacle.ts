import { obstacleToBooting } from './bootable.ts';

// For scripts: why hosts cannot be booted here; nothing when they can.
const isWanted = process.env['CERTBOT_HA_LAB'] !== 'loopback';
const obstacle = isWanted ? await obstacleToBooting() : 'CERTBOT_HA_LAB=loopback';
if (obstacle !== null) console.log(obstacle);
