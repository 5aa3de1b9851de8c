"""What runs: which code, which libraries, on how many threads."""
