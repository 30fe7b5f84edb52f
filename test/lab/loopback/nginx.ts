import { httpServer, otherSite, type OtherSite } from '../nginx-config.ts';

export interface NginxOptions {
  /** Everything nginx writes goes below it. */
  readonly directory: string;
  readonly confDir: string;
  /** Whether it is started by root, whose workers would else be a user that may not read the directory. */
  readonly isRoot: boolean;
}

export function nginxMain({ directory, confDir, isRoot }: NginxOptions): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `${isRoot ? 'user root;\n' : ''}worker_processes 1;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log;
events {
    worker_connections 256;
}
http {
    access_log ${directory}/access.log;
${temporary.map((name) => `    ${name}_temp_path ${directory}/${name};`).join('\n')}
    include ${confDir}/*.conf;
}
`;
}

/** The command line of this nginx. */
export function nginxArgv(directory: string, ...more: readonly string[]): readonly string[] {
  return ['nginx', '-p', directory, '-e', `${directory}/error.log`, '-c', `${directory}/nginx.conf`, ...more];
}

export function nginxSites(
  address: string,
  ports: { http: number; https: number },
  webroot: string,
  site?: Pick<OtherSite, 'certificate' | 'key'>,
) {
  return {
    'http.conf': httpServer([`${address}:${ports.http}`], webroot),
    ...(site === undefined
      ? {}
      : { 'other-site.conf': otherSite({ listen: [`${address}:${ports.https}`], ...site }) }),
  };
}
