"""The commands: the only code that prints, asks and exits."""
