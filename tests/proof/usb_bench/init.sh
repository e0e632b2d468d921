#!/bin/busybox sh
# The guest's first steps, in its memory disk: the disk read-only, a layer of memory over it, our rooms in that.
/bin/busybox mkdir -p /proc /sys /dev /lower /over /new
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for module in $(cat /modules); do insmod "/$module" 2>/dev/null; done # not every processor has its own CRC
until [ -b /dev/vda ]; do sleep 0.05; done
mount -t ext4 -o ro /dev/vda /lower
mount -t tmpfs tmpfs /over
mkdir /over/upper /over/work
mount -t overlay -o lowerdir=/lower,upperdir=/over/upper,workdir=/over/work overlay /new
cp -r /store-edge /new/opt/
mount -t tmpfs tmpfs /new/run
mount -t tmpfs tmpfs /new/tmp
chmod 1777 /new/tmp
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
for place in proc sys dev; do mount --move /$place /new/$place; done
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
exec switch_root /new /bin/sh -c 'cd /opt/store-edge; python3 -m tests.proof.usb_bench.guest; sync; echo o >/proc/sysrq-trigger; read -r never </dev/console'
