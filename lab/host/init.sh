#!/bin/bash
# Pid 1 of a lab host. Runs inside fresh mount, pid, uts and ipc namespaces and the host's own network; turns the
# machine's file system into the host's own, starts sshd, and reaps what daemons leave behind.
# Usage: init.sh CACHE NAME
set -eu
cache=$1 name=$2
software=$cache/software data=$cache/data/$name

# Before /proc is replaced it still numbers processes as the machine does: tell the lab who we are.
read -r outer_pid _ </proc/self/stat
echo "$outer_pid" >"$cache/run/$name.pid.new"

mount --make-rprivate /
mount -t proc proc /proc
hostname "$name"

# ip netns leaves a sysfs of our network; everything else that holds state gets its own copy.
mount -t tmpfs -o mode=755,size=64m tmpfs /run
mount -t tmpfs -o mode=1777,size=256m tmpfs /tmp
mount -t tmpfs -o mode=1777,size=256m tmpfs /dev/shm
mount -t tmpfs -o mode=755,size=16m tmpfs /home
mount -t tmpfs -o mode=755,size=16m tmpfs /opt
mkdir -p "$data/srv" "$data/log"
# The host's own disk; where the machine has no loop devices, a folder of the machine, which cannot be full.
mount -o loop "$data/disk.img" /srv || mount --bind "$data/srv" /srv
mount --bind "$data/log" /var/log

# A private /etc: what is written here never reaches the machine's.
private() {
  mkdir -p "/run/lab/overlay$1/upper" "/run/lab/overlay$1/work"
  mount -t overlay overlay -o "lowerdir=$1,upperdir=/run/lab/overlay$1/upper,workdir=/run/lab/overlay$1/work" "$1"
}
private /etc
chmod 700 /run/lab

echo "$name" >/etc/hostname
cat "$cache/keys/hosts" >/etc/hosts
# No name server is reachable from here. Asking the machine's would cost a NameNode 20 s of its start.
rm -f /etc/resolv.conf
sed -i 's/^hosts:.*/hosts: files/' /etc/nsswitch.conf
# Fixed numbers, so that data outlives the host. '*' = no password, but unlike '!' not a locked account for sshd.
add_user() {
  echo "$1:x:$2:$2::$3:/bin/bash" >>/etc/passwd
  echo "$1:x:$2:" >>/etc/group
  echo "$1:*:19000:0:99999:7:::" >>/etc/shadow
}
add_user ops 62001 /home/ops
add_user zookeeper 62002 /srv
add_user hdfs 62003 /srv
add_user app 62004 /srv
add_user accumulo 62005 /srv
add_user kafka 62006 /srv
rm -f /etc/sudoers.d/*
install -m 440 "$software/lab/sudoers" /etc/sudoers.d/lab

# Folders that packages make at installation or boot.
install -d -m 755 -o postgres -g postgres /run/postgresql /var/log/postgresql
install -d -m 755 -o zookeeper -g zookeeper /var/log/zookeeper
install -d -m 755 -o hdfs -g hdfs /run/hadoop /var/log/hadoop-hdfs
install -d -m 755 -o accumulo -g accumulo /run/accumulo /var/log/accumulo
install -d -m 755 -o kafka -g kafka /var/log/kafka
install -d -m 755 -o app -g app /run/app /var/log/app
install -d -m 755 /run/sshd

for part in zookeeper hadoop accumulo kafka server web lab; do
  mkdir "/opt/$part"
  mount --bind "$software/$part" "/opt/$part"
  mount -o remount,bind,ro "/opt/$part"
done
touch /run/invocations.jsonl
mount --bind "$cache/journal/$name.invocations.jsonl" /run/invocations.jsonl

# PostgreSQL has no launcher of ours; a small script in front of pg_ctl writes down each call, in this host only.
pg=/usr/lib/postgresql/15/bin
private "$pg"
mv "$pg/pg_ctl" "$pg/pg_ctl.real"
install -m 755 "$software/lab/pg_ctl" "$pg/pg_ctl"

install -d -m 700 -o ops -g ops /home/ops /home/ops/.ssh
install -m 600 -o ops -g ops "$cache/keys/id_ed25519.pub" /home/ops/.ssh/authorized_keys
install -m 600 "$cache/keys/host_$name" /etc/ssh/lab_host_key
/usr/sbin/sshd -f /opt/lab/sshd_config -E /var/log/sshd.log

# Complete: only now may the lab call the host up.
mv "$cache/run/$name.pid.new" "$cache/run/$name.pid"

# bash reaps every orphan by itself; an endless `wait` keeps it here without using the processor.
trap 'exit 0' TERM
while :; do
  sleep infinity &
  wait $! || true
done
