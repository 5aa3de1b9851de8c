"""What a run has to do before it does it, and what that costs."""
