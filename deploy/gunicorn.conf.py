"""gunicorn for production.ini (docs/servers.md), behind a proxy that terminates TLS:

gunicorn --config deploy/gunicorn.conf.py --paste production.ini
"""

bind = "127.0.0.1:6543"
# One process per core.
workers = 2
worker_class = "gthread"
# More than the hash queue holds, as in production.ini.
threads = 80
# Longer than keepalive_timeout in nginx.conf, so that nginx closes the connection.
keepalive = 20
# Seconds for the requests in progress at the end.
graceful_timeout = 25
# authsite's user has no home for it, and signals are enough.
control_socket_disable = True
# No headers of proxies: authsite reads them (authsite.proxy.trusted).
forwarded_allow_ips = ""
