#!/bin/sh
# The image of PostgreSQL runs this once, in a new volume (docs/containers.md). The role of the site
# owns its database and has no other rights; the superuser has a password of its own.
set -eu

psql --username=postgres --set=ON_ERROR_STOP=1 --set=password="$(cat "$AUTHSITE_DATABASE_PASSWORD_FILE")" <<'SQL'
CREATE ROLE authsite LOGIN PASSWORD :'password';
CREATE DATABASE authsite OWNER authsite;
SQL
