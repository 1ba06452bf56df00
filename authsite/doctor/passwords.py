"""Password hashes: usable, expensive for attackers, affordable for the site."""

import time

import sqlalchemy as sa
from argon2.exceptions import HashingError

from authsite.doctor.finding import Finding, fail, ok, warn
from authsite.doctor.servers import server_names
from authsite.doctor.subject import Subject
from authsite.models import User
from authsite.passwords.calibration import MIN_COSTS
from authsite.passwords.memory import available_memory

#: Seconds that a user accepts when signing in.
_SLOW = 1.0
_BYTES_PER_KIB = _KIB_PER_MIB = 1024
_HASH = User.__table__.c.password_hash
#: What precedes the id of the pepper in a hash.
_PEPPER = "pepper="


def stored_hashes(subject: Subject) -> Finding:
    """Every pepper that a stored password hash needs is configured."""
    known = [each.id for each in subject.settings.passwords.pepper]
    query = sa.select(sa.func.count(), sa.func.min(_HASH)).where(
        _HASH.startswith(_PEPPER), *(~_HASH.startswith(f"{_PEPPER}{each}$") for each in known)
    )
    with subject.read_only_engine.connect() as connection:
        number, example = connection.execute(query).one()
    if not number:
        return ok("No stored hash needs a pepper that is not configured.")
    missing = example.partition("$")[0].removeprefix(_PEPPER)
    return fail(f"Password hashes that need a missing pepper: {number}; one needs {missing!r}.")


def hash_cost(subject: Subject) -> Finding:
    """Hashes cost at least the minimum of OWASP."""
    passwords = subject.settings.passwords
    memory, passes = passwords.memory_cost, passwords.time_cost
    costs = f"m={memory}, t={passes}, p={passwords.parallelism}"
    if any(memory >= minimum.memory and passes >= minimum.passes for minimum in MIN_COSTS):
        return ok(f"{costs} is at least the minimum of OWASP.")
    return fail(f"{costs} is below the minimum of OWASP, m=19456, t=2.")


def hash_time(subject: Subject) -> Finding:
    """One hash takes less than a second."""
    started = time.perf_counter()
    try:
        subject.services.hasher.hash("a password to measure the time")
    except HashingError as error:
        return fail(f"This machine cannot compute a hash: {error}.")
    seconds = time.perf_counter() - started
    message = f"One hash takes {seconds * 1000:.0f} ms here."
    return warn(message) if seconds > _SLOW else ok(message)


def hash_memory(subject: Subject) -> Finding:
    """Concurrent hashes need less than half of the memory of the machine or the cgroup."""
    memory = available_memory(own_cgroups=subject.cgroups, root=subject.cgroup_root)
    available = memory // _BYTES_PER_KIB
    passwords = subject.settings.passwords
    hashes = passwords.hashes_at_once * max(1, len(server_names(subject)))
    needed = hashes * passwords.memory_cost
    mib = f"{needed // _KIB_PER_MIB} of {available // _KIB_PER_MIB} MiB"
    message = f"{hashes} concurrent hashes need {mib}."
    return warn(message) if needed > available // 2 else ok(message)
