#!/bin/sh
# lay-out.sh PACKAGE.tgz package-lock.json FOLDER: makes the folder that a server runs from, of a package, and of exactly the dependencies that its lock file names (SC-01).
set -eu
package=$1 lock=$2 folder=$3
mkdir -p "$folder"
tar -xzf "$package" -C "$folder" --strip-components=1 --no-same-owner
cp "$lock" "$folder/package-lock.json"
cd "$folder"
npm ci --omit=dev --ignore-scripts --workspaces=false --prefer-offline --no-audit --no-fund --loglevel=error
# Others than the owner may read and run it, and nobody writes to it but by installing anew.
chmod -R u=rwX,go=rX .
