"""What the desk needs of the machine: keychain, folders, logging."""
