"""The vendors, one folder each: data and small pure functions that fulfil ``kind.Provider``."""
