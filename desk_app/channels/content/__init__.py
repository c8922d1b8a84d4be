"""Makes mail content safe and readable: sanitising, normalising for the mail view, folding quotes and signatures."""
