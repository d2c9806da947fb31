#!/bin/sh
# Makes what docker-compose.yml needs and nobody else can know: a password for the database and, where you have none, a key
# for the hosts. Nothing that exists is changed.
#
#   deploy/prepare.sh [DIRECTORY]      default: ./secrets, which git does not see
set -eu
umask 077

# The containers run as this user; files of secrets keep their owner and mode inside.
CONTAINER_USER=1000

directory=${1:-./secrets}
mkdir -p "$directory"

if [ ! -e "$directory/postgres_password" ]; then
  # 32 bytes; letters and digits only, so that no tool has to quote it.
  head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$directory/postgres_password"
  echo "made $directory/postgres_password"
fi
if [ ! -e "$directory/ssh_key" ]; then
  ssh-keygen -q -t ed25519 -N '' -C blackstart -f "$directory/ssh_key"
  echo "made $directory/ssh_key; let it in on every host: add $directory/ssh_key.pub to authorized_keys of the login user"
fi
if [ ! -e "$directory/known_hosts" ]; then
  : >"$directory/known_hosts"
  echo "made $directory/known_hosts, which is empty: put the host keys in, or no host will be reached"
fi

if [ "$(id -u)" = 0 ]; then
  chown "$CONTAINER_USER" "$directory" "$directory/postgres_password" "$directory/ssh_key" "$directory/known_hosts"
elif [ "$(id -u)" != "$CONTAINER_USER" ]; then
  echo "the containers run as user $CONTAINER_USER and could not read these files: run this as root once" >&2
  exit 1
fi

if [ ! -e .env ]; then
  # It says where the secrets are and holds none; whoever starts compose, perhaps another user, must read it.
  (umask 022; printf 'BLACKSTART_SECRETS=%s\nBLACKSTART_CLUSTERS=%s\n' "$directory" ./clusters >.env)
  echo "made .env: see that BLACKSTART_CLUSTERS names your directory of cluster files"
fi
