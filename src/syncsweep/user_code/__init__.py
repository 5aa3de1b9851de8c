"""Code of the user: run, checked, and kept in a process of its own."""
