/** What an operator adds for HTTP-01, in every server that listens on port 80. */
const CHALLENGE_LOCATION = (webroot: string) => `location /.well-known/acme-challenge/ {
        root ${webroot};
        default_type text/plain;
    }`;

/** `listen` values, such as `80` or `[::]:80`. */
export function httpServer(listen: readonly string[], webroot: string): string {
  return `server {
    ${listen.map((address) => `listen ${address} default_server;`).join('\n    ')}
    server_name _;

    ${CHALLENGE_LOCATION(webroot)}

    location / {
        return 404;
    }
}
`;
}

export interface OtherSite {
  readonly listen: readonly string[];
  readonly certificate: string;
  readonly key: string;
}

/** The site that answers on port 443 for names of which the server knows nothing. */
export function otherSite({ listen, certificate, key }: OtherSite): string {
  return `server {
    ${listen.map((address) => `listen ${address} ssl default_server;`).join('\n    ')}
    server_name other.example.org;
    ssl_certificate ${certificate};
    ssl_certificate_key ${key};
    return 200 "another site\\n";
}
`;
}
