"""What the services need of the storage: repositories behind a unit of work. Storage implements them."""
