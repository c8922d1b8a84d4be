"""Settings, leases, the change feed, housekeeping."""
