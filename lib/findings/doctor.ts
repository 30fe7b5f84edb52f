import { list, quoted, some, type Area } from './area.ts';

interface InDirectory {
  readonly directory: string;
}

interface Unit {
  readonly unit: string;
}

interface AtDns {
  /** the name that is certified */
  readonly name: string;
  /** where the CAA records are: the name, or one above it */
  readonly at: string;
}

interface LookedUp {
  /** `HOST:PORT` where the agent looks up */
  readonly place: string;
}

interface Labelled {
  readonly path: string;
  readonly label: string;
  readonly policy: string;
  /** how many differ, with this one */
  readonly count: number;
}

/** What `doctor` finds that no other program looks for. */
export const DOCTOR = {
  'configuration-differs': ({ file }: { readonly file: string }) =>
    `its agent works by another configuration than ${file} of this node`,
  'configuration-not-loaded': ({ file }: { readonly file: string }) =>
    `its agent has not taken over what was changed in ${file}`,
  'version-differs': ({ version, here }: Readonly<Record<'version' | 'here', string>>) =>
    `its agent is of certbot-ha ${version}, this command of ${here}`,
  'clock-differs': ({ seconds, of }: { readonly seconds: number; readonly of: string }) =>
    `its clock is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} that of ${of}`,
  'key-differs': ({ file }: { readonly file: string }) =>
    `its cluster key is another one than that of most nodes, or its agent has not been restarted since ${file} was changed`,
  'agent-port-filtered': ({ port, other }: Readonly<Record<'port' | 'other', number>>) =>
    `agent port ${port}: no way in, while port ${other} there answers: does a firewall drop or refuse it?`,
  'unit-missing': ({ unit }: Unit) => `${unit}: systemd does not know this unit`,
  'unit-inactive': ({ unit, state }: Unit & { readonly state: string }) => `${unit} is ${state}`,
  'unit-disabled': ({ unit }: Unit) => `${unit} is not enabled: it does not start at the next boot`,
  'unit-masked': ({ unit }: Unit) => `${unit} is masked: nothing can start it`,
  'unit-broken': ({ unit, load }: Unit & { readonly load: string }) =>
    `${unit}: systemd cannot load this unit (${load})`,
  'unit-failed': ({ unit }: Unit) => `${unit} has failed when it last ran`,
  'nobody-renews': () => 'no timer and no cron job of this node runs certbot renew',
  'several-renewers': ({ renewers }: { readonly renewers: readonly string[] }) =>
    `certbot renew is run by ${renewers.length} programs of this node: ${list(renewers, 'none')}`,
  'condition-missing': ({ unit }: Unit) =>
    `${unit} does not ask certbot-ha is-issuer: this node renews also when it is not the issuer`,
  'condition-not-found': ({ file }: { readonly file: string }) =>
    `${file} calls certbot-ha by a name that cron's PATH may not lead to: then this node never renews`,
  'lineage-not-renewed': ({ lineage }: { readonly lineage: string }) =>
    `${lineage}: certbot renew leaves it out: it has no renewal/${lineage}.conf, or one that is renewed by hand`,
  'location-missing': ({
    webroot,
    roots,
  }: {
    readonly webroot: string;
    readonly roots: readonly string[];
  }) =>
    roots.length === 0
      ? `nginx has no location for /.well-known/acme-challenge/ with root ${webroot}`
      : `nginx serves /.well-known/acme-challenge/ from ${list(roots, 'nowhere')}, and from ${webroot} nowhere`,
  'lookup-missing': ({ file, place }: LookedUp & { readonly file: string | null }) =>
    `${file ?? 'the web server'} does not ask the agent at ${place} for challenges that this node lacks: the CA gets none that was not pushed here`,
  'lookup-elsewhere': ({ file, asked, place }: LookedUp & Readonly<Record<'file' | 'asked', string>>) =>
    `${file} asks ${asked} for challenges that this node lacks, and agent.adminListen is ${place}`,
  'lookup-silent': ({ place }: LookedUp) =>
    `${place}, agent.adminListen, does not answer: challenges that this node lacks are not looked up`,
  'label-differs': ({ path, label, policy, count }: Labelled) =>
    `${path}: its SELinux label is ${label}, and ${policy} by the policy${count > 1 ? ` (${count} such paths)` : ''}`,
  'little-room': ({ directory, mebibytes }: InDirectory & { readonly mebibytes: number }) =>
    `${directory}: ${mebibytes} MiB left on its file system`,
  'few-inodes': ({ directory, inodes }: InDirectory & { readonly inodes: number }) =>
    `${directory}: ${inodes} inodes left on its file system`,
  'file-system-read-only': ({ directory }: InDirectory) =>
    `${directory}: its file system is mounted read-only: nothing can be written there`,
  'tokens-forgotten': ({ directory, count }: InDirectory & { readonly count: number }) =>
    `${directory}: ${count} of its tokens should have been removed`,
  'installation-unfinished': ({ lineages }: { readonly lineages: readonly string[] }) =>
    `an installer has begun and not ended: ${some(lineages)}`,
  'delivery-not-installed': ({ directory, count }: InDirectory & { readonly count: number }) =>
    `${directory}: ${count} deliveries have been waiting for the installer for minutes`,
  'caa-forbids': ({
    name,
    at,
    ca,
    allowed,
  }: AtDns & { readonly ca: string | null; readonly allowed: readonly string[] }) =>
    `${name}: the CAA records of ${at} do not allow ${ca ?? 'any CA'}: they allow ${list(allowed, 'no CA')}`,
  'caa-other-account': ({ name, at, account }: AtDns & { readonly account: string }) =>
    `${name}: the CAA records of ${at} allow other ACME accounts than ${account}`,
  'caa-other-method': ({ name, at, method }: AtDns & { readonly method: string }) =>
    `${name}: the CAA records of ${at} do not allow ${method}`,
  'caa-critical': ({ name, at, tag }: AtDns & { readonly tag: string }) =>
    `${name}: the CAA records of ${at} have a critical property that the CA does not know: ${quoted(tag)}`,
  'caa-not-looked-up': ({ name, error }: { readonly name: string; readonly error: string }) =>
    `${name}: its CAA records could not be looked up (${error}): the CA refuses a name when it cannot either`,
} satisfies Area;
