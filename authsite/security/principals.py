"""The principals that ACLs name, besides Pyramid's `Everyone` and `Authenticated`."""

#: Visitors without a session.
ANONYMOUS = "anonymous"
#: Users who may open `/admin`.
ADMINISTRATOR = "administrator"
