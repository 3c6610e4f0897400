#!/bin/sh
# The start of the replica: copies the primary (PGHOST) the first time, then streams from it through its slot.
# A copy that was cut short is thrown away: it is made beside its place, and moved there when it is whole.
set -eu
copying=${PGDATA%/*}/copying
if [ ! -d "$PGDATA" ]; then
  rm -rf "$copying"
  PGPASSWORD=$(cat "${SECRETS:-/run/secrets}/replication-password") pg_basebackup --pgdata "$copying" --username replication \
    --wal-method=stream --checkpoint=fast --write-recovery-conf --slot natalis_replica
  mv "$copying" "$PGDATA"
fi
exec postgres "$@"
