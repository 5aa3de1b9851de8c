"""The figures of the paper, drawn from the tables of its parts."""
