"""Read models: row types and protocols for lists, counters and the conversation. Storage implements them."""
