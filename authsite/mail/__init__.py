"""Writing emails to the outbox and delivering them by SMTP."""
