"""One thread for matrices, said before the library that reckons with them is loaded."""

import os

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""The matrices of a fit are small: more threads make it slower, and take from the pages."""

for _name, _threads in ONE_THREAD.items():
    # Whoever has chosen another number has a reason.
    os.environ.setdefault(_name, _threads)
