#!/bin/sh
# Fills the four empty databases that databases.sql has made from a folder of dump.sh:
#
#     deploy/postgres/restore.sh FOLDER
#
# It is run as a superuser, for what it restores belongs to the four roles. A dump that is not the one that was made is
# refused before anything is written, and each database is restored as a whole or not at all. Verify afterwards:
# `xiuhua verify` with the addresses of the four databases.
set -eu
if [ $# -ne 1 ]; then
    echo "usage: $0 FOLDER" >&2
    exit 2
fi
(cd "$1" && sha256sum --check --quiet SHA256SUMS)
for service in scoring normalization classification ingestion; do
    pg_restore --exit-on-error --single-transaction --no-owner --role="xiuhua_$service" \
        --dbname="xiuhua_$service" "$1/$service.dump"
done
