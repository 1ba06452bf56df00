"""A model of the site in plain Python: accounts, sessions and time."""

from dataclasses import dataclass, field
from datetime import timedelta

from authsite.tokens import SessionToken


@dataclass(frozen=True)
class Lifetime:
    """The timeouts of a session, and how often it is refreshed."""

    idle_timeout: timedelta
    absolute_timeout: timedelta
    refresh_interval: timedelta


AT_HOME = Lifetime(timedelta(days=30), timedelta(days=90), timedelta(hours=1))
IN_PUBLIC = Lifetime(timedelta(minutes=15), timedelta(hours=12), timedelta(minutes=1))


@dataclass
class Session:
    """A session, with times of the model."""

    email: str
    lifetime: Lifetime
    begun: timedelta
    seen: timedelta

    @property
    def ends(self) -> timedelta:
        """The earlier of the two timeouts."""
        return min(
            self.seen + self.lifetime.idle_timeout, self.begun + self.lifetime.absolute_timeout
        )


@dataclass
class SiteModel:
    """All accounts, and the session of each cookie; `now` counts from the beginning."""

    now: timedelta = timedelta(0)
    #: First names by email.
    names: dict[str, str] = field(default_factory=dict)
    #: By the value of the cookie.
    sessions: dict[str, Session] = field(default_factory=dict)

    def sign_in(self, email: str, cookie: str, lifetime: Lifetime) -> None:
        """Start a session."""
        self.sessions[cookie] = Session(email, lifetime, self.now, self.now)

    def sign_out(self, cookie: str) -> None:
        """End the session in all browsers that have its cookie."""
        del self.sessions[cookie]

    def delete_account(self, email: str) -> None:
        """Delete an account and its sessions."""
        del self.names[email]
        self.sessions = {
            cookie: session for cookie, session in self.sessions.items() if session.email != email
        }

    def visit(self, cookie: str | None) -> str | None:
        """Return the email of the user with this cookie, and refresh the session.

        An ended session never becomes active again.
        """
        session = self.sessions.get(cookie or "")
        if session is None:
            return None
        if session.ends <= self.now:
            del self.sessions[cookie or ""]
            return None
        if self.now - session.seen >= session.lifetime.refresh_interval:
            session.seen = self.now
        return session.email

    def active(self) -> set[str]:
        """Return the cookies of all sessions that have not ended."""
        return {cookie for cookie, session in self.sessions.items() if session.ends > self.now}

    def has_id_of(self, cookie: str | None) -> bool:
        """Whether the cookie has the shape of the site's and the id of an active session."""
        ids = {each.partition(".")[0] for each in self.active()}
        token = SessionToken.parse(cookie or "")
        return token is not None and token.id in ids
