/** Where programs of an administrator's are, web servers among them; the PATH of a user or a cron job often lacks it. */
export const ADMIN_PATH = ['/usr/local/sbin', '/usr/sbin', '/sbin'] as const;

/** The same environment, by which they are found. */
export function withAdminPath(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, PATH: [env['PATH'], ...ADMIN_PATH].filter(Boolean).join(':') };
}
