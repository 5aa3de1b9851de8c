"""The configuration: its keys, how it is read, and what it means."""
