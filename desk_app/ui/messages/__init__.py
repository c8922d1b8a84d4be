"""The conversation, the composer, the tray of outgoing mail and the quarantine."""
