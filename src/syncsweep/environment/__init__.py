"""The environment of a run: its code, its libraries, its number of threads."""
