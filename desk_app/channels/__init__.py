"""The built-in e-mail channel, and the mail content pipeline every channel shares."""
