# The Debian packages that the lab needs. Sourced.
# shellcheck shell=bash disable=SC2034

# On every host: what is under test, the CA, name servers for DNS-01, what boots it, and what tests call there.
host_packages=(
  apache2 caddy certbot haproxy keepalived nginx openssh-client openssh-server rsync
  pebble strace
  bind9 bind9-dnsutils knot
  dbus iproute2 mount procps systemd util-linux
  ca-certificates curl jq openssl
)
# On this machine besides: what makes hosts, the mail servers of one end-to-end test, what reads the metrics, and what shows the page.
# And the ACME clients of an end-to-end test, and what the bench compares with. And what checks and runs the hooks' launchers, and counts their instructions.
lab_packages=(systemd-container bindfs postfix dovecot-imapd prometheus chromium dehydrated lego lsyncd syncthing unison csync2 faketime shellcheck busybox-static valgrind)
# To make the file tree of another Debian.
root_packages=(curl debootstrap util-linux)
# To run virtual machines, and what is unpacked for them: systems of sharing that need a kernel that this machine may not have.
vm_tools=(qemu-system-x86)
vm_packages=(linux-image-amd64 busybox-static cpio kmod drbd-utils nfs-common nfs-kernel-server rpcbind cifs-utils samba smbclient e2fsprogs)
