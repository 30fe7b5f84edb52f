#!/bin/busybox sh
# Process 1 of a virtual machine's initial file system. Its root is this machine's file tree, and over it the unpacked packages, both read
# only over 9p; what is changed stays in memory. Then it takes commands from a serial line: a number and base64, a line each; the answer is
# the number, the exit code, and what was printed, as base64.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
for word in $(cat /proc/cmdline); do
  case $word in vm_*=*) eval "$word" ;; esac
done
while read -r module; do insmod "/modules/$module"; done </modules/order
for tag in host packages; do
  mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=262144 "$tag" "/$tag"
done
mount -t tmpfs tmpfs /over
mkdir /over/upper /over/work
mount -t overlay -o lowerdir=/packages:/host,upperdir=/over/upper,workdir=/over/work overlay /root
cd /root
mkdir -p proc sys dev run tmp
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t devtmpfs dev dev
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mkdir -p dev/pts run/lock
mount -t devpts devpts dev/pts
ip link set lo up
ip link set eth0 up
ip addr add "$vm_address/24" dev eth0
hostname "$vm_name"
rm -f etc/resolv.conf etc/hosts
: >etc/resolv.conf
printf '%s\n' "127.0.0.1 localhost" "$vm_address $vm_name" >etc/hosts
cat >run/init <<'END'
#!/bin/bash
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
exec 3<>"$(echo /dev/vport*)"
mkdir /run/commands
serve() {
  base64 -d <<<"$2" >"/run/commands/$1"
  output=$(bash "/run/commands/$1" 2>&1 3>&- </dev/null) && code=0 || code=$?
  printf '%s %s %s\n' "$1" "$code" "$(printf %s "$output" | base64 -w 0)" >&3
}
printf '0 0 \n' >&3
while read -r number command <&3; do serve "$number" "$command" & done
sleep infinity
END
chmod 755 run/init
exec switch_root /root /run/init
