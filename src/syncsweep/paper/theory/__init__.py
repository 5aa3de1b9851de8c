"""Results that the paper derives, for comparison with solved ones; numbers only."""
