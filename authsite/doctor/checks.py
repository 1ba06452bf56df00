"""All checks, in the order in which they run."""

from collections.abc import Callable
from typing import NamedTuple

from authsite.doctor import (
    database,
    durability,
    mail,
    metrics,
    outside,
    passwords,
    pooler,
    postgresql,
    proxy,
    public_tls,
    purge,
    replica,
    secrets,
    serving,
    settings,
    site_url,
    sqlite,
    writes,
)
from authsite.doctor.finding import Finding
from authsite.doctor.subject import Subject

Run = Callable[[Subject], Finding | list[Finding]]


class Check(NamedTuple):
    """A function that examines one thing; its docstring is what has to hold."""

    name: str
    run: Run
    #: How to fix what it finds, unless the finding has a fix of its own.
    fix: str
    #: The checks that must not fail before it.
    needs: tuple[str, ...] = ("settings",)
    #: The only kind of database it applies to.
    backend: str | None = None
    #: Whether a site for development always passes.
    production_only: bool = False
    #: Whether it requests a page by the public URL, and runs with `--outside` only.
    outside: bool = False

    @property
    def description(self) -> str:
        """What has to hold."""
        return str(self.run.__doc__)


_CALIBRATE = "Use the costs that `authsite calibrate` proposes."
_DURABLE = (
    "Switch it on in postgresql.conf, or RESET it where it is set (ALTER ROLE, ALTER DATABASE, the "
    "URL)."
)
_HOSTS = "Add ?target_session_attrs=read-write to the URL (docs/postgresql.md)."
_LIMITS = "Use the values of production.ini: `connection_limit = 1000`, `ident =` and so on."
_LOG = "Copy the logging sections of production.ini: INFO for root, WARN for SQLAlchemy."
_MIGRATE = "Make a backup, then run `authsite migrate` with this ini file."
_METRICS = "Set AUTHSITE_METRICS_LISTEN for each process."
_METRICS_PORT = "Set AUTHSITE_METRICS_LISTEN to an address of this machine with a free port."
_HIDE_PROBES = "Allow the machines that probe only, as deploy/nginx.conf does."
_KEEP_HEADERS = "Pass the headers of the site on unchanged."
_OPEN_PORT = "Start the proxy, and open port 443 in the firewall."
_OTHER_HOSTS = "Refuse them in the proxy, and pass Host on, as deploy/nginx.conf does."
_UPSTREAM = "Let the proxy pass this host's requests on to the site (docs/production.md)."
_TLS_VERSIONS = (
    "Set ssl_protocols TLSv1.2 TLSv1.3 in the proxy, as deploy/nginx.conf does: in the default "
    "server of nginx, too."
)
_TO_HTTPS = "Redirect http to https in the proxy."
_PEPPERS = (
    "Add it to authsite.passwords.pepper again, from the copy that is kept with the secret: its "
    "users cannot sign in (docs/passwords.md)."
)
_POOLER = "Set authsite.database.pooler to what is there (docs/postgresql.md)."
_PROXY = (
    "Set the three trusted_proxy lines of production.ini, with the proxy's IP address. For servers "
    "other than waitress, set authsite.proxy.trusted."
)
_RIGHTS = "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO its own role."
_SETTING = "Set it in the ini file or in the environment (docs/configuration.md)."
_SMTP = "Check host, port and authsite.mail.security, and the firewall (docs/mail.md)."
_THREADS = (
    "Raise threads, or lower authsite.passwords.hash_queue_size and "
    "authsite.passwords.hash_threads."
)
_TLS = "Add ?sslmode=verify-full&sslrootcert=… to the URL (docs/production.md)."
_REPLICA = "Set authsite.database.read_url to a streaming standby (docs/availability.md)."
_WRITES = "Connect to a database that accepts writes."
_ENCODING = "Restore a dump into a database with ENCODING 'UTF8'."
_INI, _SERVERS, _DATABASE = ("ini file",), ("servers",), ("database",)
_MIGRATED, _BOTH = ("migrations",), ("settings", "servers")
_SQLITE, _POSTGRESQL = "sqlite", "postgresql"


def _outside(name: str, run: Run, fix: str, *needs: str) -> Check:
    return Check(name, run, fix, needs, production_only=True, outside=True)


CHECKS = (
    Check("ini file", settings.ini_file, "Start from production.ini.", ()),
    Check("settings", settings.settings, _SETTING, _INI),
    Check("application", settings.application, "Run `pserve` to see where it fails."),
    Check("debug", settings.debug, "Switch it off in the ini file and the environment.", _INI),
    Check("log", settings.log, _LOG, _INI),
    Check("kept secret", secrets.kept_secret, "Run `chmod o=`; replace what has leaked.", _INI),
    Check("pepper", secrets.pepper, "Put a new pepper before this one (docs/passwords.md)."),
    Check("site url", site_url.site_url, "Set authsite.site.url.", production_only=True),
    Check("servers", serving.servers, "Copy the server sections of production.ini.", _INI),
    Check("proxy", proxy.proxy, _PROXY, _SERVERS, production_only=True),
    Check("threads", serving.threads, _THREADS, _BOTH, production_only=True),
    Check("limits", serving.limits, _LIMITS, _SERVERS, production_only=True),
    Check("metrics", metrics.address, _METRICS, _BOTH),
    Check("metrics port", metrics.port, _METRICS_PORT, ("settings", "metrics")),
    Check("database", database.database, "Move the database closer.", _INI),
    Check(
        "local disk", sqlite.local_disk, "Move it to a disk of this machine.", _DATABASE, _SQLITE
    ),
    Check("database file", sqlite.database_file, "Run `chmod o=`.", _DATABASE, _SQLITE),
    Check("wal", sqlite.wal, "Try `PRAGMA journal_mode=WAL`.", _DATABASE, _SQLITE),
    Check("hosts", postgresql.hosts, _HOSTS, _DATABASE, _POSTGRESQL),
    Check("pooler", pooler.pooler, _POOLER, ("settings", "database"), _POSTGRESQL),
    Check("writes", writes.writes, _WRITES, ("pooler",), _POSTGRESQL),
    Check("read replica", replica.replica, _REPLICA, ("pooler",), _POSTGRESQL),
    Check("text and isolation", postgresql.text, _ENCODING, _DATABASE, _POSTGRESQL),
    Check(
        "connections",
        postgresql.connections,
        "Raise that limit (max_connections, CONNECTION LIMIT), or lower "
        "authsite.database.pool_size.",
        ("settings", "database"),
        _POSTGRESQL,
    ),
    Check("durability", durability.durability, _DURABLE, _DATABASE, _POSTGRESQL),
    Check("database tls", postgresql.tls, _TLS, _DATABASE, _POSTGRESQL),
    Check("migrations", database.migrations, _MIGRATE, _DATABASE),
    Check("rights", postgresql.rights, _RIGHTS, _MIGRATED, _POSTGRESQL),
    Check("clock", database.clock, "Run chrony or systemd-timesyncd.", _DATABASE),
    Check(
        "purge", purge.purge, "Start the site, or run `authsite purge`.", ("settings", *_MIGRATED)
    ),
    Check("mail server", mail.server, _SMTP),
    Check("sender", mail.sender, "Set authsite.mail.sender, or SPF and DKIM of that domain."),
    Check("outbox", mail.outbox, "Start the site, or `authsite deliver`.", _MIGRATED),
    Check("deferred emails", mail.deferred, "Read why with `authsite outbox`.", _MIGRATED),
    Check(
        "decryption",
        mail.decryption,
        "Set authsite.previous_secrets to the previous values of authsite.secret.",
        ("settings", *_MIGRATED),
    ),
    Check("stored hashes", passwords.stored_hashes, _PEPPERS, ("settings", *_MIGRATED)),
    Check("hash cost", passwords.hash_cost, _CALIBRATE),
    Check("hash time", passwords.hash_time, _CALIBRATE),
    Check(
        "hash memory", passwords.hash_memory, f"Lower authsite.passwords.hash_threads. {_CALIBRATE}"
    ),
    _outside("public certificate", outside.certificate, _OPEN_PORT, "settings", "site url"),
    _outside("public tls", public_tls.versions, _TLS_VERSIONS, "public certificate"),
    _outside("public page", outside.page, _UPSTREAM, "public certificate"),
    _outside("public host", outside.host, _OTHER_HOSTS, "public page"),
    _outside("public headers", outside.headers, _KEEP_HEADERS, "public page"),
    _outside("public redirects", outside.redirects, _TO_HTTPS, "public page"),
    _outside("public probes", outside.probes, _HIDE_PROBES, "public page"),
)
