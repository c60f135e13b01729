#!/bin/sh
# make-secrets.sh [FOLDER]: makes the secrets of compose.yaml, each in a file of a folder that only its owner may enter. Never writes over one that is there.
set -eu
umask 077
folder=${1:-secrets}
mkdir -p "$folder"
cd "$folder"
random() { head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'; }
[ -e master.key ] || random >master.key
[ -e database-password ] || random >database-password
[ -e database-url ] || printf 'postgres://postern:%s@database/postern' "$(cat database-password)" >database-url
# Inside the containers two users read these two; on this machine the folder keeps others away from them.
chmod 444 database-password database-url
chmod 400 master.key
if [ "$(id -u)" -eq 0 ]; then
  chown 10001:10001 master.key
else
  # The key is only for whom it belongs to, so the server runs as its owner.
  [ -e ../.env ] && grep -q '^SERVER_USER=' ../.env || printf 'SERVER_USER=%s:%s\n' "$(id -u)" "$(id -g)" >>../.env
fi
echo "The secrets are in $folder. Keep a copy of master.key apart from copies of the database: neither is of use without the other."
