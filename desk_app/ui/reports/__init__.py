"""The page Reports: what reports there are, and what they found."""
