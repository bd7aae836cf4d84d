"""What we compute: pure functions from numbers to numbers.

Scores and answers are integers in tenths of a point everywhere in this folder.
"""
