"""How far a sweep is, from its files alone: what is asked, what is there, and how fast it grows.

Nothing is written, set aside or locked, so this may look on while jobs are at work.
"""
