"""The paper: its parts, their figures, and its claims."""
