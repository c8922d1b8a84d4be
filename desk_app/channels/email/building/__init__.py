"""Outgoing mail: from `OutgoingMail` to the bytes that are queued, sent and copied to Sent."""

from desk_app.channels.email.building.build import EmailBuilder, build_mail

__all__ = ["EmailBuilder", "build_mail"]
