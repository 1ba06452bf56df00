"""What should be so: people, sessions and time in plain Python, to compare the site with."""

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True)
class Lifetime:
    """How long a session lasts: unvisited and at most, and how often a visit is written down."""

    idle_timeout: timedelta
    absolute_timeout: timedelta
    refresh_interval: timedelta


AT_HOME = Lifetime(timedelta(days=30), timedelta(days=90), timedelta(hours=1))
IN_PUBLIC = Lifetime(timedelta(minutes=15), timedelta(hours=12), timedelta(minutes=1))


@dataclass
class Session:
    """Somebody signed in, at a moment of the world."""

    email: str
    lifetime: Lifetime
    begun: timedelta
    seen: timedelta

    @property
    def ends(self) -> timedelta:
        """The nearer of the two limits."""
        return min(
            self.seen + self.lifetime.idle_timeout, self.begun + self.lifetime.absolute_timeout
        )


@dataclass
class World:
    """Who has an account, and which cookie opens whose session; `now` counts from the beginning."""

    now: timedelta = timedelta(0)
    #: First names by address.
    people: dict[str, str] = field(default_factory=dict)
    #: By what the cookie holds.
    sessions: dict[str, Session] = field(default_factory=dict)

    def sign_in(self, email: str, cookie: str, lifetime: Lifetime) -> None:
        """Begin a session."""
        self.sessions[cookie] = Session(email, lifetime, self.now, self.now)

    def sign_out(self, cookie: str) -> None:
        """End the session, in whatever browsers it is."""
        del self.sessions[cookie]

    def close_account(self, email: str) -> None:
        """Let the person go, and all sessions of theirs."""
        del self.people[email]
        self.sessions = {
            cookie: session for cookie, session in self.sessions.items() if session.email != email
        }

    def visit(self, cookie: str | None) -> str | None:
        """Return the address of whoever a browser with this cookie belongs to, and note the visit.

        A session that has ended stays so, whatever happens later.
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

    def living(self) -> set[str]:
        """Return the cookies of all sessions that have not ended."""
        return {cookie for cookie, session in self.sessions.items() if session.ends > self.now}
