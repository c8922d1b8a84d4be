"""Use cases around mailboxes: accounts, fetching, the outbox, quarantine."""
