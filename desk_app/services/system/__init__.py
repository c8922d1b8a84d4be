"""How the program itself fares: checks, logs, backups, diagnostics."""
