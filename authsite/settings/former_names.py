"""Settings that were renamed or removed before 0.1.0; the error for an old ini file says so."""

#: Former and current keys, below `authsite.`.
FORMER_NAMES = {
    "session.idle": "session.idle_timeout",
    "session.absolute": "session.absolute_timeout",
    "session.public_idle": "session.public_idle_timeout",
    "session.public_absolute": "session.public_absolute_timeout",
    "session.touch_every": "session.refresh_interval",
    "session.confirmed_for": "session.reauthentication_lifetime",
    "passwords.words": "passwords.blocklist",
    "passwords.reset_within": "passwords.reset_link_lifetime",
    "passwords.concurrency": "passwords.hash_threads",
    "passwords.queue": "passwords.hash_queue_size",
    "email.verify_within": "email.verification_lifetime",
    "email.undo_within": "email.revert_lifetime",
    "closing.grace": "deletion.grace_period",
    "closing.reminder": "deletion.reminder_before",
    "sweeping.every": "purge.interval",
    "throttle.link_account": "throttle.email_link_account",
    "throttle.mail_address": "throttle.email_recipient",
    "throttle.mail_network": "throttle.email_network",
    "mail.certificates": "mail.ca_file",
    "mail.thread": "mail.deliver_in_process",
    "database.wait": "database.timeout",
}

#: Removed keys, below `authsite.`, and the reason.
REMOVED = dict.fromkeys(
    ("throttle.link_network", "throttle.email_link_network"),
    "an email link cannot be guessed, so unknown ones are not counted",
)
