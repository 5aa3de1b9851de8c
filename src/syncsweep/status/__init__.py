"""How far a sweep is, from its files alone: what is asked, what is there, and how fast it grows.

It writes, sets aside and locks nothing, so it may look at files while jobs run.
"""
