# As the official image's, in short: the first time the database is made, and then it is served to every address.
set -e
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  # Word by word: POSTGRES_INITDB_ARGS holds several.
  # shellcheck disable=SC2086
  initdb --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" --auth=scram-sha-256 $POSTGRES_INITDB_ARGS
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
fi
exec "$@" -c listen_addresses='*'
