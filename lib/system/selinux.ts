/** A file that is there when SELinux is on; it has 1 when SELinux enforces (selinux(8)). */
export const SELINUX_ENFORCE = '/sys/fs/selinux/enforce';
