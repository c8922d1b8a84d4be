"""Channel accounts, intake ledger, outbox."""
