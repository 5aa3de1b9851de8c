"""The parts of the paper, each of which makes tables."""
