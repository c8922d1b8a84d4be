"""Inter (OFL-1.1, see LICENSE.txt), static instances."""
