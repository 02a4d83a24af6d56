"""The emergency brake: what is live -> less live, from the state alone, and back again; it plans nothing."""
