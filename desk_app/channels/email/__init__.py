"""The e-mail channel: IMAP, SMTP, reading and building mail."""
