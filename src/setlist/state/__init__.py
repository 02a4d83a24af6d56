"""Where the state is kept: one protocol, one file a store."""
