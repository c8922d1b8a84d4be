"""Lists of tickets, and what is done to tickets."""
