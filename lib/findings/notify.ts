import { some, type Area } from './area.ts';

interface Named {
  readonly file: string;
}

/** Who is to hear of what was found. No message shows a URL: whoever knows it could write there as well. */
export const NOTIFY = {
  'no-receiver': ({ file }: Named) => `${file}: notify is empty: nobody is told of anything`,
  'doctor-failed': ({ checks, at }: { readonly checks: readonly string[]; readonly at: string }) => [
    `doctor has found what fails (${some(checks)}) at ${at}`,
    'what it is, and what to type: certbot-ha doctor; when it is over: systemctl start certbot-ha-doctor.service',
  ],
  'doctor-not-run': ({ at }: { readonly at: string }) => [
    `certbot-ha doctor has not run for two days: its last run was at ${at}`,
    'why: systemctl status certbot-ha-doctor.timer; and then: systemctl start certbot-ha-doctor.service',
  ],
  'receiver-not-told': ({ receiver }: { readonly receiver: string }) => `${receiver}: not told`,
  'receiver-refuses': ({ status }: { readonly status: number }) => `refused with status ${status}`,
  'receiver-redirects': ({ status, to }: { readonly status: number; readonly to: string }) =>
    `redirects to ${to} (status ${status}), and no redirect is followed`,
  'receiver-program-failed': ({
    program,
    end,
    said,
  }: {
    readonly program: string;
    readonly end: number;
    readonly said: readonly string[];
  }) => [`${program}: exit ${end}`, ...said],
  'url-file-unreadable': ({ file, error }: Named & { readonly error: string }) =>
    `${file}: cannot be read (${error})`,
  'url-file-open': ({ file, mode }: Named & { readonly mode: string }) =>
    `${file}: mode is ${mode}, expected 0600 or less`,
  'url-file-of-another-user': ({ file, uid }: Named & { readonly uid: number }) =>
    `${file}: belongs to user ${uid}, expected root`,
  'url-file-without-url': ({ file }: Named) => `${file}: expected one line, an http or https URL`,
} satisfies Area;
