"""How does a report lose the names in it? Aliases for names, addresses, users and ids, before anything is rendered."""
