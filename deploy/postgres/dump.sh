#!/bin/sh
# Dumps the four databases of the platform into a new folder, while it is running:
#
#     deploy/postgres/dump.sh FOLDER
#
# PGHOST, PGPORT, PGUSER and ~/.pgpass say where the server is, as for any PostgreSQL program. The databases are dumped
# against the direction of data, scoring first and ingestion last: each dump is of one moment, and a later moment of an
# earlier stage holds everything that a stage after it names.
set -eu
# A dump holds everything; only who makes it may read it.
umask 077
if [ $# -ne 1 ]; then
    echo "usage: $0 FOLDER" >&2
    exit 2
fi
if [ -e "$1" ]; then
    echo "$1 is there already" >&2
    exit 2
fi
partial="$1.partial"
mkdir "$partial"
trap 'rm -rf "$partial"' EXIT
for service in scoring normalization classification ingestion; do
    pg_dump --format=custom --file="$partial/$service.dump" "xiuhua_$service"
done
(cd "$partial" && sha256sum ./*.dump > SHA256SUMS)
sync
mv "$partial" "$1"
