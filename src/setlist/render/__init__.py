"""A plan, a receipt, mistakes -> text and JSON; prints nothing itself."""
