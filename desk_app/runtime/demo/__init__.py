"""The demo: two mailboxes of an invented coffee roaster on an embedded mail server, and customers who answer."""
