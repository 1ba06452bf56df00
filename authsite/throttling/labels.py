"""What each throttle of an account or a network counts, for administrators and operators."""

#: By the fields of `authsite.settings.throttle_schema.ThrottleSettings`.
THROTTLE_LABELS = {
    "sign_in_account": "failed sign-ins",
    "sign_in_attempts_account": "sign-in attempts",
    "new_password_account": "new passwords",
    "email_recipient": "requested emails",
    "email_unverified": "emails to an unverified email",
    "email_link_account": "attempts to use email links",
    "sign_in_network": "failed sign-ins",
    "sign_in_attempts_network": "sign-in attempts",
    "new_password_network": "new passwords",
    "email_network": "requested emails",
    "sign_up_network": "sign-ups",
}
