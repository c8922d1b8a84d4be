"""What a ticket, a message, a mailbox is and may do: plain Python, standard library only."""
