"""A plan -> outcomes: recheck, journal, write, verify; safe to kill at any point (design section 9)."""
