"""What the paper derives, for comparison with what is solved; numbers only."""
