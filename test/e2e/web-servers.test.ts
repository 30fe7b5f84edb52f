import { testIn } from '../lab/scene/scene.ts';
import { APACHE } from '../lab/scene/web-servers/apache.ts';
import { CADDY } from '../lab/scene/web-servers/caddy.ts';
import { HAPROXY } from '../lab/scene/web-servers/haproxy.ts';
import { describeWebServer } from '../support/contracts/web-server.ts';

// nginx has port 80 alone.
const test = testIn({ webServerPort443: false });

for (const server of [APACHE, CADDY, HAPROXY]) describeWebServer(test, server);
