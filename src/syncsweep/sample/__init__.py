"""The solution of samples, and the rows that they give."""
